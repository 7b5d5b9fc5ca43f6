"""Commands in the body of a mail, with what they may name and what their sender may set: for `map_mail`.

A mail without a block of commands costs nothing; one with it a query for each kind of thing that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from helpdesk.accounts.models import Category, Company, Membership, Role, Team
from helpdesk.tenancy.state import required_organization_id
from ticketing.fields.command_words import BuiltIn
from ticketing.fields.commands import COLUMNS, Block, Names, find_block, folded, named_in
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.mapping.rules import CommandRules
from ticketing.mail.forwards import above_forwarded


@dataclass(frozen=True)
class Commands:
    """The block of a mail, and what it may name."""

    block: Block
    names: Names
    labels: Mapping[str, Mapping[int, str]]  # what is called how, by id; by column of the ticket


@dataclass(frozen=True, slots=True)
class _Named:
    """Something that a command can name."""

    id: int
    label: str
    names: tuple[str, ...]  # each alone is enough
    is_usable: bool = True


def block_of(envelope: Envelope, rules: CommandRules | None) -> Block | None:
    """The block that stands in what the sender wrote, not in what is quoted or passed on. Pure."""
    delivery, mail = envelope.delivery, envelope.mail
    if rules is None or delivery.is_history or mail.automation.is_auto:
        return None
    text = mail.reply_text if mail.quoted_text else mail.text
    if find_block(text, heading=rules.heading, language=rules.language) is None:
        return None
    own = above_forwarded(text, subject=mail.subject)
    return find_block(own, heading=rules.heading, language=rules.language)


def load_commands(block: Block, rules: CommandRules, *, serves_companies: bool) -> Commands:
    """The names that commands may use. Inside the scope."""
    wanted = named_in(block, language=rules.language)
    if not serves_companies:
        wanted -= {BuiltIn.COMPANY}
    found = {kind: list(load()) for kind, load in _LOADED.items() if kind in wanted}
    return Commands(
        block,
        Names(fields=rules.fields, ids={kind: _ids(named) for kind, named in found.items()}),
        labels={COLUMNS[kind]: {each.id: each.label for each in named} for kind, named in found.items()},
    )


def _ids(named: Iterable[_Named]) -> dict[str, int]:
    """By each name that only one of them has."""
    found: dict[str, set[int]] = {}
    for each in named:
        for name in each.names if each.is_usable else ():
            found.setdefault(folded(name), set()).add(each.id)
    return {name: min(ids) for name, ids in found.items() if len(ids) == 1}


def _teams() -> Iterable[_Named]:
    return (_Named(pk, name, (name,)) for pk, name in Team.objects.values_list("id", "name"))


def _categories() -> Iterable[_Named]:
    rows = Category.objects.values_list("id", "path", "is_active")
    return (_Named(pk, path, (path,), is_active) for pk, path, is_active in rows)


def _companies() -> Iterable[_Named]:
    rows = Company.objects.values_list("id", "name", "is_active")
    return (_Named(pk, name, (name,), is_active) for pk, name, is_active in rows)


def _members() -> Iterable[_Named]:
    """Memberships lie outside of any scope: the organization is named."""
    rows = Membership.objects.filter(organization_id=required_organization_id()).select_related("user")
    for each in rows:
        is_usable = each.is_active and each.role != Role.VIEWER
        yield _Named(each.pk, str(each), (each.user.email, each.user.name), is_usable)


_LOADED: Mapping[BuiltIn, Callable[[], Iterable[_Named]]] = {
    BuiltIn.TEAM: _teams,
    BuiltIn.CATEGORY: _categories,
    BuiltIn.COMPANY: _companies,
    BuiltIn.ASSIGNEE: _members,
}
