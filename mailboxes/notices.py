"""What the mails to admins say about mailboxes and outgoing servers. From the audit entry they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from mailboxes.deadline_words import end_sentence, to_do
from mailboxes.health_words import cause_words
from mailboxes.models import OutgoingServer
from mailboxes.outbox_words import reason_words
from mailboxes.queries.outbox import waiting_for
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


@dataclass(frozen=True)
class Notice:
    """A mail to the admins."""

    subject: str
    text: str


def notice_of(entry: AuditEntry) -> Notice:
    """The mail about this entry, which `telling` wrote. Inside the organization's scope."""
    subject, sentences, page = _WRITERS[entry.action](entry)
    address = settings.BASE_URL + reverse(page, kwargs={"slug": entry.organization.slug})
    return Notice(subject=subject, text="\n\n".join([*filter(None, sentences), address]) + "\n")


_Written = tuple[str, list[str], str]  # subject, sentences, name of the page that shows more


def _outage(entry: AuditEntry) -> _Written:
    name = _label(entry)
    sentences = [
        _("The mailbox %(name)s cannot be read.") % {"name": name} + f" {cause_words(entry.changes['reason'][1])}",
        _server_said(entry),
        _("We go on trying, with growing pauses. No mail is lost meanwhile: it waits on the mail server."),
    ]
    return _("Mailbox %(name)s cannot be reached") % {"name": name}, sentences, "mailboxes"


def _recovery(entry: AuditEntry) -> _Written:
    name = _label(entry)
    sentences = [
        _("The mailbox %(name)s is read again.") % {"name": name},
        _("What came in meanwhile has been brought in."),
    ]
    return _("Mailbox %(name)s works again") % {"name": name}, sentences, "mailboxes"


def _sending_outage(entry: AuditEntry) -> _Written:
    host = _label(entry)
    waiting = waiting_for(entry.target_id)
    server = OutgoingServer.objects.filter(id=entry.target_id).first()
    boxes = mailboxes_through(server).order_by("name")[:20] if server else ()
    names = ", ".join(" ".join(box.name.split()) for box in boxes)
    sentences = [
        _("Nothing leaves through %(host)s.") % {"host": host} + f" {reason_words(entry.changes['reason'][1])}",
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
        _("Mail of this account is neither read nor sent until this is seen to. Nothing is lost meanwhile."),
    ]
    return _("No access to %(name)s any more") % {"name": name}, sentences, "mailboxes"


def _grant_recovered(entry: AuditEntry) -> _Written:
    name = _label(entry)
    sentences = [_("The provider gives access for %(name)s again.") % {"name": name}]
    return _("Access to %(name)s works again") % {"name": name}, sentences, "mailboxes"


def _expiry(entry: AuditEntry) -> _Written:
    kind, ends_on = entry.changes["kind"][1], date.fromisoformat(entry.changes["ends_on"][1])
    sentence = end_sentence(kind, ends_on, today=clock.now().date())
    sentences = [sentence, _("Mailboxes: %(names)s.") % {"names": _label(entry)}, str(to_do(kind))]
    return _("%(name)s: %(sentence)s") % {"name": _label(entry), "sentence": sentence}, sentences, "mailboxes"


def _server_said(entry: AuditEntry) -> str:
    detail = entry.changes["detail"][1]
    return _("The server said: %(words)s") % {"words": detail} if detail else ""


def _label(entry: AuditEntry) -> str:
    return " ".join(entry.target_label.split())


_WRITERS: dict[str, Callable[[AuditEntry], _Written]] = {
    OUTAGE: _outage,
    RECOVERY: _recovery,
    SENDING_OUTAGE: _sending_outage,
    SENDING_RECOVERY: _sending_recovery,
    EXPIRY: _expiry,
    GRANT_FAILED: _grant_failed,
    GRANT_RECOVERED: _grant_recovered,
}
