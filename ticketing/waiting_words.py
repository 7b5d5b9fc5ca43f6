"""What the mails to admins say about mail that waits for a person, as it stands when they are written."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.models import AuditEntry
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.notices import register_notice
from ticketing.services.waiting_notices import HELD, QUARANTINED

MAX_NAMED = 10


def register() -> None:
    """Notices about held and quarantined mail have words."""
    register_notice(HELD, _held)
    register_notice(QUARANTINED, _quarantined)


def _held(_entry: AuditEntry) -> tuple[str, list[str], str]:
    by_mailbox = _waiting(Outcome.HELD)
    count = sum(number for _name, number in by_mailbox)
    subject = ngettext("%(n)d mail is held for review", "%(n)d mails are held for review", count) % {"n": count}
    sentences = [
        _("Mail waits until somebody releases or discards it."),
        _by_mailbox(by_mailbox),
        _("Nobody was answered, and none of it expires. In the inbound log choose Held."),
    ]
    return subject, sentences, "inbound_log"


def _quarantined(_entry: AuditEntry) -> tuple[str, list[str], str]:
    by_mailbox = _waiting(Outcome.FAILED)
    count = sum(number for _name, number in by_mailbox)
    words = ngettext("%(n)d mail is in quarantine", "%(n)d mails are in quarantine", count)
    sentences = [
        _("Mail came that could not be fetched or processed, three times in a row. It is kept and needs a look."),
        _by_mailbox(by_mailbox),
        _("In the inbound log choose Failed: it says why, and Retry tries it again, alone or all with the same error."),
    ]
    return words % {"n": count}, sentences, "inbound_log"


def _waiting(outcome: Outcome) -> Sequence[tuple[str, int]]:
    rows = RemoteMessage.objects.filter(outcome=outcome, resighting_of=None).order_by("mailbox__name")
    return list(rows.values_list("mailbox__name").annotate(Count("id")))


def _by_mailbox(waiting: Sequence[tuple[str, int]]) -> str:
    named = [f"{name}: {number}" for name, number in waiting[:MAX_NAMED]]
    return "\n".join([*named, "…"] if len(waiting) > MAX_NAMED else named)
