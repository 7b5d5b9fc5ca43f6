"""What a worker does for a dry run: reads the mails, tells how far it is, decides about all of them, keeps the answer.

Killed anywhere it begins anew. Files are read outside of any transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.lib import files
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import RemoteMessage
from ticketing.inbound.deliveries import settled_deliveries
from ticketing.inbound.dry_run import as_new, lightened
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.process import read_mail
from ticketing.models import DryRun
from ticketing.services.dry_runs.ending import end, tell
from ticketing.services.dry_runs.looking_up import try_looked_up

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
    elif deliveries:
        _try(claim, run, deliveries)
    else:
        try_looked_up(claim, run)


def _try(claim: work.Claim, run: DryRun, deliveries: Sequence[Delivery]) -> None:
    envelopes: list[Envelope] = []
    for start in range(0, len(deliveries), BATCH):
        tell(claim, run, read=start, total=len(deliveries))
        envelopes += _read(deliveries[start : start + BATCH])
    tell(claim, run, read=len(deliveries), total=len(deliveries))
    unread = len(deliveries) - len(envelopes)
    end(claim, run, envelopes=envelopes, unread=unread, original_of=lambda envelope: _original(envelope.delivery))


def _newest(run: DryRun) -> list[Delivery]:
    """The newest mails of the mailbox in the order in which they came, each as if it came now."""
    seen = RemoteMessage.objects.filter(mailbox_id=run.mailbox_id, raw__isnull=False, resighting_of=None)
    newest = dict.fromkeys(seen.order_by("-id").values_list("raw_id", flat=True)[: run.wanted * 2])
    raw_ids = list(newest)[: run.wanted][::-1]
    deliveries = settled_deliveries(raw_ids) if raw_ids else {}
    return [as_new(deliveries[raw_id]) for raw_id in raw_ids if raw_id in deliveries]


def _read(deliveries: Sequence[Delivery]) -> list[Envelope]:
    return [envelope for each in deliveries if (envelope := _envelope(each)) is not None]


def _envelope(delivery: Delivery) -> Envelope | None:
    """The mail as it came; None when its original is not kept, or too large to be tried with."""
    original = _original(delivery)
    if original is None:
        return None
    return lightened(make_envelope(delivery, mail=read_mail(original, delivery), original=original))


def _original(delivery: Delivery) -> bytes | None:
    if not delivery.storage_key or (delivery.size_bytes > MAX_BYTES and not delivery.is_header_only):
        return None
    try:
        return files.read(delivery.storage_key)
    except FileNotFoundError:
        return None
