"""What the mails about mailboxes and outgoing servers say, and who gets them. From the audit entry they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import AuditEntry, Membership
from helpdesk.lib import clock
from mailboxes.deadline_words import end_sentence, to_do
from mailboxes.deadlines import ended_like_in_testing
from mailboxes.health_words import cause_words
from mailboxes.models import ConnectionKind, Mailbox, OAuthGrant, OutgoingServer
from mailboxes.outbox_words import reason_words
from mailboxes.queries.outbox import waiting_for
from mailboxes.services.liveness.outages import OF_CONNECTIONS
from mailboxes.services.liveness.telling import (
    EXPIRY,
    GRANT_FAILED,
    GRANT_RECOVERED,
    OUTAGE,
    RECOVERY,
    SENDING_OUTAGE,
    SENDING_RECOVERY,
)
from mailboxes.services.sending.outgoing_servers import mailboxes_through

_SUBJECT_CHARS = 120


@dataclass(frozen=True)
class Notice:
    """A mail to those who are to know."""

    subject: str
    text: str


def notice_of(entry: AuditEntry) -> Notice:
    """The mail about this entry, which `telling` wrote. Inside the organization's scope."""
    subject, sentences, page = _WRITERS[entry.action](entry)
    name, mark, query = page.partition("?")
    address = settings.BASE_URL + reverse(name, kwargs={"slug": entry.organization.slug}) + mark + query
    return Notice(subject=subject, text="\n\n".join([*filter(None, sentences), address]) + "\n")


_Written = tuple[str, list[str], str]  # subject, sentences, name of the page that shows more, with its query if any
Writer = Callable[[AuditEntry], _Written]
Readers = Callable[[AuditEntry], list[Membership]]


def register_notice(action: str, writer: Writer, *, readers: Readers | None = None) -> None:
    """Mails about such entries are written so; for upper layers, from `AppConfig.ready`.

    readers: who gets them, if not those who manage channels.
    """
    _WRITERS[action] = writer
    if readers is not None:
        _READERS[action] = readers


def addresses_for(entry: AuditEntry) -> list[str]:
    """Where the mail about this entry goes. Inside the organization's scope."""
    readers = _READERS.get(entry.action, managers)
    return sorted({member.user.email for member in readers(entry)})


def managers(entry: AuditEntry) -> list[Membership]:
    """Those who manage channels."""
    members = Membership.objects.select_related("user").filter(
        organization_id=entry.organization_id, user__is_active=True
    )
    return [member for member in members if can(member, Capability.MANAGE_CHANNELS)]


def _outage(entry: AuditEntry) -> _Written:
    names = _names(entry)
    subject = _("Mailboxes cannot be reached: %(names)s") if names else _("Mailbox %(names)s cannot be reached")
    sentence = _("These mailboxes cannot be read: %(names)s.") if names else _("The mailbox %(names)s cannot be read.")
    told = names or _label(entry)
    sentences = [
        sentence % {"names": told} + f" {cause_words(entry.changes['reason'][1])}",
        _server_said(entry),
        _same_connection(entry),
        _("We go on trying. Whoever brings mail is asked to come again, and what comes again is taken once.")
        if _is_brought(entry)
        else _("We go on trying, with growing pauses. No mail is lost meanwhile: it waits on the mail server."),
    ]
    return subject % {"names": _short(told)}, sentences, "mailboxes"


def _recovery(entry: AuditEntry) -> _Written:
    names = _names(entry)
    subject = _("Mailboxes work again: %(names)s") if names else _("Mailbox %(names)s works again")
    sentence = _("These mailboxes are read again: %(names)s.") if names else _("The mailbox %(names)s is read again.")
    told = names or _label(entry)
    since = "" if _is_brought(entry) else _("What came in meanwhile has been brought in.")
    sentences = [sentence % {"names": told}, since]
    return subject % {"names": _short(told)}, sentences, "mailboxes"


def _sending_outage(entry: AuditEntry) -> _Written:
    host = _label(entry)
    waiting = waiting_for(entry.target_id)
    server = OutgoingServer.objects.filter(id=entry.target_id).first()
    names = _joined(mailboxes_through(server)) if server else ""
    why = reason_words(entry.changes["reason"][1], server=server)
    sentences = [
        _("Nothing leaves through %(host)s.") % {"host": host} + f" {why}",
        _server_said(entry),
        _("Mailboxes that send through it: %(names)s.") % {"names": names} if names else "",
        ngettext("%(n)d mail waits.", "%(n)d mails wait.", waiting) % {"n": waiting},
        _("No mail has failed, and none is lost. What waits leaves once the right password is entered for this server,"
          " or somebody presses Resume in the outbox."),
    ]  # fmt: skip
    return _("Nothing leaves through %(host)s") % {"host": host}, sentences, "outbox"


def _sending_recovery(entry: AuditEntry) -> _Written:
    host = _label(entry)
    sentences = [_("Mail leaves through %(host)s again. What waited is being sent.") % {"host": host}]
    return _("Mail leaves through %(host)s again") % {"host": host}, sentences, "outbox"


def _grant_failed(entry: AuditEntry) -> _Written:
    name = _label(entry)
    sentences = [
        _("The provider gives no new access for %(name)s.") % {"name": name}
        + f" {cause_words(entry.changes['reason'][1])}",
        _server_said(entry),
        _in_testing(entry.target_id),
        _mailboxes_of(entry.target_id),
        _("Mail of this account is neither read nor sent until this is seen to. Nothing is lost meanwhile, and no other"
          " notice follows until it works again."),
    ]  # fmt: skip
    return _("No access to %(name)s any more") % {"name": name}, sentences, "mailboxes"


def _grant_recovered(entry: AuditEntry) -> _Written:
    name = _label(entry)
    sentences = [
        _("The provider gives access for %(name)s again.") % {"name": name},
        _mailboxes_of(entry.target_id),
        _("What came in meanwhile is being brought in, and what waited to be sent leaves."),
    ]
    return _("Access to %(name)s works again") % {"name": name}, sentences, "mailboxes"


def _expiry(entry: AuditEntry) -> _Written:
    kind, ends_on = entry.changes["kind"][1], date.fromisoformat(entry.changes["ends_on"][1])
    sentence = end_sentence(kind, ends_on, today=clock.now().date())
    sentences = [sentence, _("Mailboxes: %(names)s.") % {"names": _label(entry)}, str(to_do(kind))]
    return _("%(name)s: %(sentence)s") % {"name": _label(entry), "sentence": sentence}, sentences, "mailboxes"


def _names(entry: AuditEntry) -> str:
    """The mailboxes that the entry is about, if they are several."""
    return str(entry.changes.get("mailboxes", ("", ""))[1])


def _is_brought(entry: AuditEntry) -> bool:
    """True if no server is asked for the mailbox's mail."""
    return Mailbox.objects.filter(id=entry.target_id, connection__kind=ConnectionKind.PUSH).exists()


def _same_connection(entry: AuditEntry) -> str:
    """Which mailboxes fail for the same reason, or will, without a notice of their own."""
    if entry.changes["reason"][1] not in OF_CONNECTIONS:
        return ""
    same = Mailbox.objects.filter(connection__mailboxes=entry.target_id, deleted_at=None, is_enabled=True)
    names = _joined(same)
    if same.count() < 2:
        return ""
    sentence = _("One connection serves %(names)s: this notice stands for each that fails for the same reason.")
    return sentence % {"names": names}


def _in_testing(connection_id: str) -> str:
    grant = OAuthGrant.objects.filter(connection_id=connection_id).first()
    if grant is None or not ended_like_in_testing(grant):
        return ""
    return _(
        "It ended 7 days after it began, as Google ends the sign-ins of apps in testing. Publish the app there, or make"
        " its consent screen internal, then sign in again."
    )


def _mailboxes_of(connection_id: str) -> str:
    """Every mailbox that is read or sent with the connection's account."""
    own = Q(connection_id=connection_id) | Q(outgoing__login_of_id=connection_id)
    names = _joined(Mailbox.objects.filter(own, deleted_at=None))
    return _("Mailboxes: %(names)s.") % {"names": names} if names else ""


def _joined(boxes: QuerySet[Mailbox]) -> str:
    return ", ".join(" ".join(name.split()) for name in boxes.order_by("name").values_list("name", flat=True))


def _short(names: str) -> str:
    """As much as a subject holds."""
    return Truncator(names).chars(_SUBJECT_CHARS)


def _server_said(entry: AuditEntry) -> str:
    detail = entry.changes["detail"][1]
    return _("The server said: %(words)s") % {"words": detail} if detail else ""


def _label(entry: AuditEntry) -> str:
    return " ".join(entry.target_label.split())


_READERS: dict[str, Readers] = {}
_WRITERS: dict[str, Writer] = {
    OUTAGE: _outage,
    RECOVERY: _recovery,
    SENDING_OUTAGE: _sending_outage,
    SENDING_RECOVERY: _sending_recovery,
    EXPIRY: _expiry,
    GRANT_FAILED: _grant_failed,
    GRANT_RECOVERED: _grant_recovered,
}
