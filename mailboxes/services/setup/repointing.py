"""A mailbox that reads from another place: its ids mean other messages now, so that the ledger begins a new generation.

If it is in truth the same account under another name, nothing is lost and nothing doubled: mail since the last success
is fetched again, and its hash tells that it is known.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Min, QuerySet

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import LedgerReason, Mailbox, Outcome, RemoteMessage
from mailboxes.services.reading.history import SLACK
from mailboxes.services.reading.whole_states import give_up_whole


def begin_anew(mailboxes: QuerySet[Mailbox]) -> None:
    """These mailboxes take nothing they find for known by its id. Inside the caller's transaction."""
    for mailbox in mailboxes:
        connected_at = _known_until(mailbox)
        unfetched = RemoteMessage.objects.filter(mailbox=mailbox, raw=None, outcome=Outcome.PENDING)
        unfetched.update(
            outcome=Outcome.IGNORED,
            reason_code=LedgerReason.REPOINTED,
            reason_data={},
            decided_at=clock.now(),
        )
        give_up_whole(mailbox, reason_code="repointed")
        Mailbox.objects.filter(id=mailbox.id).update(
            source_generation=F("source_generation") + 1,
            cursor=0,
            watermark_at=None,
            epoch="",
            fingerprint="",
            is_history_settled=False,
            history_upto=None,
            reconciled_at=None,
            reconciled_fingerprint="",
            connected_at=connected_at,
        )


def _known_until(mailbox: Mailbox) -> datetime:
    """Mail received before this moment was imported or left alone; all that came later counts as new."""
    items = WorkItem.objects.filter(kind=WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id)
    succeeded_at = items.values_list("succeeded_at", flat=True).first()
    unfetched = RemoteMessage.objects.filter(mailbox=mailbox, raw=None, outcome=Outcome.PENDING, is_history=False)
    oldest: datetime | None = unfetched.aggregate(oldest=Min("received_at"))["oldest"]
    if succeeded_at is None:
        return mailbox.connected_at
    known_until = min(succeeded_at, oldest) if oldest else succeeded_at
    return max(mailbox.connected_at, known_until - SLACK)
