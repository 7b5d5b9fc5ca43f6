"""What the fields of a rule's form offer. Loaded when a field first needs it, once for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Category, Company, Membership, Role, Team
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox
from ticketing.models import CannedReply, FieldKind, Priority, Status, TicketField
from ticketing.models.rules import Act, Look
from ticketing.rule_words import HOURS_WORDS, LANGUAGE_WORDS, SPAM_WORDS, TRUST_WORDS


@dataclass(frozen=True)
class Option:
    """One choice."""

    value: str
    label: str
    is_chosen: bool = False


class Choices:
    """Everything that can be chosen."""

    def of_look(self, look: Look, chosen: Sequence[str]) -> list[Option]:
        """The values of a condition."""
        known = {
            Look.MAILBOX: lambda: self._mailboxes,
            Look.COMPANY: lambda: self._companies,
            Look.LANGUAGE: lambda: sorted(
                ((code, str(name)) for code, name in LANGUAGE_WORDS.items()), key=lambda each: each[1].casefold()
            ),
            Look.HOURS: lambda: [(value, str(name)) for value, name in HOURS_WORDS.items()],
            Look.SPAM: lambda: [(value, str(name)) for value, name in SPAM_WORDS.items()],
            Look.TRUST: lambda: [(value, str(name)) for value, name in TRUST_WORDS.items()],
        }.get(look)
        return _options(known() if known else (), chosen)

    def of_act(self, act: Act, chosen: str) -> list[Option]:
        """The values of an action."""
        return _options(self._known(act), [chosen])

    def problem_of(self, act: Act, value: str) -> str:
        """Why the action cannot be given this; "" if it can."""
        if any(value == known for known, _label in self._known(act)):
            return ""
        return _("This was deleted, retired or switched off. Choose another one.") if value else _("Choose one.")

    def _known(self, act: Act) -> list[tuple[str, str]]:
        if act is Act.PRIORITY:
            return [(value, str(label)) for value, label in Priority.choices]
        if act is Act.STATUS:
            return [(value, str(label)) for value, label in Status.choices]
        if act is Act.TEAM:
            return [("", _("No team")), *self._teams]
        if act in (Act.ASSIGN_TURN, Act.ASSIGN_LEAST):
            return [("", _("The ticket's team")), *self._teams]
        if act is Act.ALSO_OPEN:
            return [("", _("Choose a team")), *self._teams] if not self._teams else self._teams
        if act is Act.ASSIGN:
            return [("", _("Nobody")), *self._members]
        if act is Act.FIELD:
            return self._fields
        if act is Act.CANNED:
            return self._canned or [("", _("Write a canned reply first"))]
        return [("", _("No category")), *self._categories] if act is Act.CATEGORY else []

    @cached_property
    def _mailboxes(self) -> list[tuple[str, str]]:
        rows = Mailbox.objects.filter(deleted_at=None, is_draft=False).order_by("name", "id")
        return [(str(row.pk), f"{row.name} ({row.address})") for row in rows]

    @cached_property
    def _companies(self) -> list[tuple[str, str]]:
        return [(str(row.pk), row.name) for row in Company.objects.filter(is_active=True).order_by("name")]

    @cached_property
    def _teams(self) -> list[tuple[str, str]]:
        return [(str(row.pk), row.name) for row in Team.objects.order_by("name")]

    @cached_property
    def _members(self) -> list[tuple[str, str]]:
        rows = Membership.objects.filter(organization_id=required_organization_id(), is_active=True)
        able = rows.exclude(role=Role.VIEWER).select_related("user")
        return sorted(((str(row.pk), str(row)) for row in able), key=lambda each: each[1].casefold())

    @cached_property
    def _fields(self) -> list[tuple[str, str]]:
        rows = TicketField.objects.filter(is_active=True).exclude(kind=FieldKind.FILES)
        return [(row.key, row.label) for row in rows.order_by("place", "id")]

    @cached_property
    def _canned(self) -> list[tuple[str, str]]:
        return [(str(row.pk), row.name) for row in CannedReply.objects.filter(is_active=True).order_by("name")]

    @cached_property
    def _categories(self) -> list[tuple[str, str]]:
        return [(str(row.pk), row.path) for row in Category.objects.filter(is_active=True).order_by("path")]


def _options(known: Iterable[tuple[str, str]], chosen: Sequence[str]) -> list[Option]:
    """The known ones; what is chosen and not among them stands at the end, so that it is seen."""
    offered = [Option(value, label, value in chosen) for value, label in known]
    there = {each.value for each in offered}
    return [*offered, *(Option(each, _("gone"), is_chosen=True) for each in chosen if each and each not in there)]
