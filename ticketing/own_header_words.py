"""How the inbound log explains headers of ours that a mail carried.

Anybody can write them, and nothing is decided by them: what they name is looked up here among what the organization has
and the viewer may see, and only where the mail says that it left from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from mailboxes.models import Cause, OutboxMessage, RemoteMessage
from ticketing.inbound.command_notices import CAUSE_ID as OF_COMMANDS
from ticketing.models import AnswerCause, Integration, Rule
from ticketing.queries.tickets import ticket_numbered
from ticketing.steps.view import is_header

_CAUSE = re.compile(r"([a-z]+)(?:; id=(.{1,64}))?", re.ASCII)
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_Found = tuple[str, str, str]  # a sentence, the address of a page, and the words of the link


@dataclass(frozen=True)
class OwnHeader:
    """One header as the mail carried it, and what it means."""

    line: str  # `name: value`
    words: str
    url: str = ""  # the page of what it names
    label: str = ""  # of the link


@dataclass(frozen=True)
class _Asked:
    """Who looks, and whether the mail says that it left from here."""

    viewer: Membership
    is_from_here: bool


def own_headers(entry: RemoteMessage, *, viewer: Membership) -> list[OwnHeader]:
    """The X-Postroom headers with what each says. No query where there are none; a few where there are."""
    lines = [line for line in entry.trace if isinstance(line, str) and is_header(line)]
    pairs = [(line, *_parts(line)) for line in lines]
    asked = _Asked(viewer, _is_from_here([(name, value) for _line, name, value in pairs], viewer=viewer))
    return [_explained(line, name, value, asked=asked) for line, name, value in pairs]


def sent_as(entry: RemoteMessage) -> OutboxMessage | None:
    """The mail of the outbox whose Message-ID this one has; it may still be somebody else's, who knew the id."""
    if not entry.message_id or len(entry.message_id) > 300:
        return None
    found: OutboxMessage | None = OutboxMessage.objects.filter(message_id=entry.message_id).first()
    return found


def _parts(line: str) -> tuple[str, str]:
    name, _colon, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _is_from_here(headers: list[tuple[str, str]], *, viewer: Membership) -> bool:
    said = {name: {value for each, value in headers if each == name} for name, _value in headers}
    here, ours = _here(), str(viewer.organization.public_id)
    return said.get("x-postroom-installation") == {here} and said.get("x-postroom-organization") == {ours}


def _here() -> str:
    return urlsplit(settings.BASE_URL).netloc


def _explained(line: str, name: str, value: str, *, asked: _Asked) -> OwnHeader:
    explain = _HEADERS.get(name)
    if explain is None:
        return OwnHeader(line, _("Postroom writes no header of this name."))
    return explain(line, value, asked)


def _installation(line: str, value: str, _asked: _Asked) -> OwnHeader:
    words = _("Says that this installation sent the mail.") if value == _here() else _of_another()
    return OwnHeader(line, words)


def _organization(line: str, _value: str, asked: _Asked) -> OwnHeader:
    words = _("Says that it was sent for this organization.") if asked.is_from_here else _of_another()
    return OwnHeader(line, words)


def _message_id(line: str, _value: str, _asked: _Asked) -> OwnHeader:
    words = _("The Message-ID that it left with, once more: servers on the way may have given it another.")
    return OwnHeader(line, words)


def _check(line: str, _value: str, _asked: _Asked) -> OwnHeader:
    return OwnHeader(
        line, _("The mark of a mail by which a mailbox is tested. It counts only if its signature is right.")
    )


def _ticket(line: str, value: str, asked: _Asked) -> OwnHeader:
    if not asked.is_from_here:
        return OwnHeader(line, _("The number of a ticket. %s") % _of_another())
    found = ticket_numbered(int(value), actor=asked.viewer) if _ID.fullmatch(value) else None
    if found is None:
        return OwnHeader(line, _("The number of a ticket. You have none with this number."))
    url = reverse("ticket", kwargs={"slug": asked.viewer.organization.slug, "number": found.number})
    return OwnHeader(line, _("Says that it was sent in ticket %s.") % f"#{found.number}", url, found.subject)


def _cause(line: str, value: str, asked: _Asked) -> OwnHeader:
    found = _CAUSE.fullmatch(value)
    if found is None or found[1] not in Cause.values:
        return OwnHeader(line, _("Postroom writes no cause like this."))
    cause, key = Cause(found[1]), found[2] or ""
    words = _("Says why it was sent: %s.") % cause.label
    if not asked.is_from_here:
        return OwnHeader(line, f"{words} {_of_another()}")
    named, url, label = _NAMED[cause](key, asked)
    return OwnHeader(line, f"{words} {named}".strip(), url, label)


def _of_another() -> str:
    return _("Of another installation or organization: it names nothing here.")


def _rule(key: str, asked: _Asked) -> _Found:
    number = key.partition("/")[0]
    found = Rule.objects.filter(id=int(number)).first() if _ID.fullmatch(number) else None
    if found is None:
        return _("You have no such rule."), "", ""
    words = _("The rule is “%s”.") % found.name
    if found.deleted_at is not None:
        return f"{words} {_('It was deleted.')}", "", ""
    if not can(asked.viewer, Capability.MANAGE_CHANNELS):
        return words, "", ""
    return (
        words,
        reverse("rule", kwargs={"slug": asked.viewer.organization.slug, "which": found.pk}),
        _("Open the rule"),
    )


def _agent(key: str, asked: _Asked) -> _Found:
    members = Membership.objects.select_related("user").filter(organization=asked.viewer.organization)
    found = members.filter(id=int(key)).first() if _ID.fullmatch(key) else None
    return (_("It was %s.") % found if found is not None else _("You have no such member.")), "", ""


def _integration(key: str, _asked: _Asked) -> _Found:
    found = Integration.objects.filter(id=int(key)).first() if _ID.fullmatch(key) else None
    return (_("It was %s.") % found.name if found is not None else _("You have no such integration.")), "", ""


def _nothing_more(_key: str, _asked: _Asked) -> _Found:
    return "", "", ""


def _notice(key: str, _asked: _Asked) -> _Found:
    if key == "check":
        return _("A test of a mailbox."), "", ""
    if key == "discarded":
        return _("A discarded mail that was passed on."), "", ""
    if key == OF_COMMANDS:
        return _("Commands in a mail were not followed."), "", ""
    if _ID.fullmatch(key):
        return _("News of the product for those who look after it."), "", ""
    return (f"{AnswerCause(key).label}." if key in AnswerCause.values else ""), "", ""


_HEADERS: dict[str, Callable[[str, str, _Asked], OwnHeader]] = {
    "x-postroom-installation": _installation,
    "x-postroom-organization": _organization,
    "x-postroom-cause": _cause,
    "x-postroom-ticket": _ticket,
    "x-postroom-message-id": _message_id,
    "x-postroom-check": _check,
}
_NAMED: dict[Cause, Callable[[str, _Asked], _Found]] = {
    Cause.AGENT: _agent,
    Cause.RULE: _rule,
    Cause.ACKNOWLEDGEMENT: _nothing_more,
    Cause.NOTICE: _notice,
    Cause.INTEGRATION: _integration,
}
