"""Commands in the body of a mail, with what they may name and what their sender may set: for `map_mail`.

A mail without a block of commands costs nothing; one with it two or three queries.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.accounts.models import Category, Team
from ticketing.fields.commands import Block, Names, find_block
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.mapping.rules import CommandRules
from ticketing.mail.forwards import above_forwarded


@dataclass(frozen=True)
class Commands:
    """The block of a mail, and what it may name."""

    block: Block
    names: Names
    team_names: dict[int, str]  # by id
    category_paths: dict[int, str]


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


def load_commands(block: Block, rules: CommandRules) -> Commands:
    """The names that commands may use. Inside the scope."""
    teams = dict(Team.objects.values_list("id", "name"))
    categories = dict(Category.objects.filter(is_active=True).values_list("id", "path"))
    names = Names(
        fields=rules.fields,
        teams={name.casefold(): pk for pk, name in teams.items()},
        categories={path.casefold(): pk for pk, path in categories.items()},
    )
    return Commands(block, names, teams, categories)
