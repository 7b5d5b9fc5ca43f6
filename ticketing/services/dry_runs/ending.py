"""What a dry run's row tells while a worker is at it, and in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from ticketing.inbound.asked_runs import asked_run
from ticketing.inbound.envelope import Envelope
from ticketing.models import DryRun

TOLD_LEASE_S = 120.0  # each word renews the lease for as long


def tell(claim: work.Claim, run: DryRun, *, read: int, total: int, is_looked_up: bool = False, spent: str = "") -> None:
    """Whoever looks sees how far it is. Raises LeaseLost."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim, lease_s=TOLD_LEASE_S)
        DryRun.objects.filter(pk=run.pk).update(read=read, total=total, is_looked_up=is_looked_up, spent=spent)


def end(
    claim: work.Claim,
    run: DryRun,
    *,
    envelopes: Sequence[Envelope],
    unread: int,
    original_of: Callable[[Envelope], bytes | None],
    trouble: str = "",
) -> None:
    """The mails were tried, and the work is done. Raises LeaseLost. original_of: the bytes of one of them."""
    lines: list[dict[str, Any]] = []
    if envelopes:
        lines = asked_run(
            envelopes,
            organization_id=claim.organization_id,
            original_of=original_of,
            before_each=lambda: _renew(claim),
        )
    with organization_scope(claim.organization_id), transaction.atomic():
        DryRun.objects.filter(pk=run.pk).update(lines=lines, unread=unread, trouble=trouble, ended_at=clock.now())
        work.finish(claim)


def _renew(claim: work.Claim) -> None:
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim, lease_s=TOLD_LEASE_S)
