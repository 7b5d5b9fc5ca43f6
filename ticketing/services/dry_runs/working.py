"""What a worker does for a dry run: reads the mails, tells how far it is, decides about all of them, keeps the answer.

Killed anywhere it begins anew. Files are read outside of any transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from helpdesk.lib import clock, files
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import RemoteMessage
from ticketing.inbound import lookups
from ticketing.inbound.dry_run import as_new, dry_run, lightened
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.process import read_mail
from ticketing.models import DryRun

BATCH = 25  # mails read between two words about how far it is
MAX_BYTES = 30 * 1024 * 1024  # of one mail; a larger one counts as unread
LEASE_S = 120.0


def handle(claim: work.Claim) -> None:
    """The dry run has ended, or is gone."""
    with organization_scope(claim.organization_id):
        run = DryRun.objects.filter(pk=claim.row_id, ended_at=None).first()
        deliveries = _newest(run) if run is not None else []
    if run is None:
        work.finish(claim)
        return
    envelopes: list[Envelope] = []
    for start in range(0, len(deliveries), BATCH):
        _tell(claim, run, read=start, total=len(deliveries))
        envelopes += _read(deliveries[start : start + BATCH])
    _tell(claim, run, read=len(deliveries), total=len(deliveries))
    lines = dry_run(envelopes, organization_id=claim.organization_id)
    with organization_scope(claim.organization_id), transaction.atomic():
        DryRun.objects.filter(pk=run.pk).update(
            lines=lines, unread=len(deliveries) - len(envelopes), ended_at=clock.now()
        )
        work.finish(claim)


def _tell(claim: work.Claim, run: DryRun, *, read: int, total: int) -> None:
    """Whoever looks sees how far it is. Raises LeaseLost."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim, lease_s=LEASE_S)
        DryRun.objects.filter(pk=run.pk).update(read=read, total=total)


def _newest(run: DryRun) -> list[Delivery]:
    """The newest mails of the mailbox in the order in which they came, each as if it came now."""
    seen = RemoteMessage.objects.filter(mailbox_id=run.mailbox_id, raw__isnull=False, resighting_of=None)
    newest = dict.fromkeys(seen.order_by("-id").values_list("raw_id", flat=True)[: run.wanted * 2])
    raw_ids = list(newest)[: run.wanted][::-1]
    deliveries = lookups.settled_deliveries(raw_ids)
    return [as_new(deliveries[raw_id]) for raw_id in raw_ids if raw_id in deliveries]


def _read(deliveries: Sequence[Delivery]) -> list[Envelope]:
    return [envelope for each in deliveries if (envelope := _envelope(each)) is not None]


def _envelope(delivery: Delivery) -> Envelope | None:
    """The mail as it came; None when its original is not kept, or too large to be tried with."""
    if not delivery.storage_key or (delivery.size_bytes > MAX_BYTES and not delivery.is_header_only):
        return None
    try:
        original = files.read(delivery.storage_key)
    except FileNotFoundError:
        return None
    return lightened(make_envelope(delivery, mail=read_mail(original, delivery), original=original))
