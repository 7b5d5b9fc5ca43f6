"""How long the sources of mail are kept: set by people, done by standing work of every organization, once a day.

    verdict is old enough ─▶ the row forgets its file and the file is marked, in one transaction ─ grace ─▶ it is gone

A batch at a time, each with what it did: killed anywhere the next turn goes on, and what is done twice changes nothing.
Never touched: what waits for a person (held, stopped as a loop, failed), is being processed, or is part of a large mail
that is being fetched. Attachments are files of their own and stay with their tickets.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock, faults
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import stray_files, work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage, WholeFetch, WholeFetchState
from ticketing.models.retention import MAX_RAW_DAYS, MIN_RAW_DAYS, RAW_DAYS, Retention
from ticketing.services.mail_orders import DECIDABLE, NotKeptOut, discard

logger = logging.getLogger(__name__)

LEASE_S = 300.0
REST_S = 86_400.0
BATCH = 500
_WAITING = (*DECIDABLE, Outcome.FAILED, Outcome.PENDING)
_FETCHING = (WholeFetchState.REQUESTED, WholeFetchState.FETCHING, WholeFetchState.STORED)


@transaction.atomic
def set_retention(*, raw_days: int | None, held_days: int | None, actor: Membership | None = None) -> Retention:
    """From the next pruning on sources are kept so long; None: for ever. Audited. Raises DomainError: out_of_range."""
    for days in (raw_days, held_days):
        if days is not None and not MIN_RAW_DAYS <= days <= MAX_RAW_DAYS:
            words = _("Choose from %(least)s to %(most)s days, or none to keep it for ever.")
            raise DomainError(words % {"least": MIN_RAW_DAYS, "most": MAX_RAW_DAYS}, code="out_of_range")
    row: Retention
    row, _made = Retention.objects.select_for_update().get_or_create()
    before = {"raw_days": row.raw_days, "held_days": row.held_days}
    changes = audit.differences(before, after={"raw_days": raw_days, "held_days": held_days})
    if changes:
        row.raw_days, row.held_days = raw_days, held_days
        row.save(update_fields=["raw_days", "held_days"])
        audit.record("retention.changed", target=row, actor=actor, changes=changes, label=_("Keeping mail"))
    return row


def retention() -> Retention:
    """As it stands; the defaults, unsaved, where nothing was set or pruned."""
    found: Retention | None = Retention.objects.first()
    return found or Retention(raw_days=RAW_DAYS)


def handle(claim: work.Claim) -> None:
    """Up to BATCH sources whose time is over are forgotten; more are due at once, else tomorrow."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        row: Retention
        row, _made = Retention.objects.select_for_update().get_or_create()
        count = _expire_held(row) + _prune(row)
        faults.point("retention.pruned")
        due_at = clock.now() if count >= BATCH else clock.in_seconds(REST_S)
        work.reschedule(claim, due_at=due_at, succeeded=True)
    faults.point("retention.committed")


def _prune(row: Retention) -> int:
    """The sources are forgotten and their files marked; the row says how many. A run of several turns counts as one."""
    moment = clock.now()
    is_new_run = row.pruned_at is None or moment - row.pruned_at > timedelta(hours=1)
    due = prunable(before=moment - timedelta(days=row.raw_days)) if row.raw_days is not None else None
    # Locked: whoever has one decided anew comes before, and it is left, or after, and sees that its source is gone.
    locked = due.select_for_update(of=("self",)).order_by("processed_at")[:BATCH] if due is not None else []
    ids = [raw.pk for raw in locked]
    raws = RawMessage.objects.filter(id__in=ids)
    freed = raws.aggregate(Sum("size_bytes"))["size_bytes__sum"] or 0
    stray_files.mark(raws.values_list("storage_key", flat=True))
    raws.update(storage_key="")
    row.pruned_at = moment
    row.pruned_count = len(ids) + (0 if is_new_run else row.pruned_count)
    row.pruned_bytes = freed + (0 if is_new_run else row.pruned_bytes)
    row.total_count += len(ids)
    row.save()
    logger.info(
        "retention.pruned", extra={"organization_id": row.organization_id, "sources": len(ids), "size_bytes": freed}
    )
    return len(ids)


def prunable(*, before: datetime) -> QuerySet[RawMessage]:
    """Stored mails whose verdict came before and that nobody waits for."""
    waits = RemoteMessage.objects.filter(raw_id=OuterRef("pk"), outcome__in=_WAITING)
    fetching = WholeFetch.objects.filter(Q(raw_id=OuterRef("pk")) | Q(whole_id=OuterRef("pk")), state__in=_FETCHING)
    decided = RawMessage.objects.filter(state=RawState.DONE, processed_at__lt=before).exclude(storage_key="")
    found: QuerySet[RawMessage] = decided.exclude(Exists(waits)).exclude(Exists(fetching))
    return found


def _expire_held(row: Retention) -> int:
    """Mail that waited its time is discarded, if there is such a setting."""
    if row.held_days is None:
        return 0
    limit = clock.now() - timedelta(days=row.held_days)
    held = RemoteMessage.objects.filter(outcome__in=DECIDABLE, decided_at__lt=limit).select_related("raw")
    entries = list(held.order_by(F("decided_at"))[:BATCH])
    for entry in entries:
        try:
            discard(entry, actor=None)
        except NotKeptOut:  # another sighting of the same mail took it along
            continue
    return len(entries)
