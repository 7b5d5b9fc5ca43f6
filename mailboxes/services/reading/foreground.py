"""Polling one mailbox while somebody waits: for commands and tests. Runs outside any scope and transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, Outcome, RawMessage, RawState, RemoteMessage
from mailboxes.services.reading.ledger import chunks
from mailboxes.services.reading.polling import poll

LOOK_AGAIN_AFTER_S = 0.1
PROCESS_CHUNK = 20  # what is claimed at once; each statement names them all
PROCESS_BUDGET_S = 3600.0


class NoSuchMailbox(Exception):
    """No mailbox has this id, it was deleted, or it is not set up yet."""


class Busy(Exception):
    """Another worker polled it all the time."""


@dataclass
class PollCounts:
    """What was done, counted."""

    listed: int = 0  # messages the ledger did not know
    stored: int = 0
    processed: int = 0  # by this run itself
    failed: int = 0
    outcomes: Counter[str] = field(
        default_factory=Counter
    )  # of what this run stored, gave up or found waiting, whoever processed it
    errors: list[str] = field(default_factory=list)


def poll_now(mailbox_id: int, *, is_processed: bool, wait_s: float) -> PollCounts:
    """The mailbox was polled until nothing was left to fetch, and with `is_processed` what waits has a verdict.

    What other workers are at meanwhile is waited for, too, for at most `wait_s`. Raises NoSuchMailbox; Busy when others
    held the mailbox for that long.
    """
    organization_id = organization_of(mailbox_id)
    with organization_scope(organization_id):
        if Mailbox.objects.filter(id=mailbox_id, is_draft=True).exists():
            raise NoSuchMailbox
    counts = PollCounts()
    sighting_ids = _poll_to_the_end(organization_id, mailbox_id, counts, gives_up_at=clock.monotonic() + wait_s)
    raw_ids = _process(organization_id, mailbox_id, counts, wait_s=wait_s) if is_processed else []
    with organization_scope(organization_id):
        counts.outcomes = _outcomes(sighting_ids, raw_ids)
    return counts


def organization_of(mailbox_id: int) -> int:
    """Whose mailbox this is. Raises NoSuchMailbox."""
    items = WorkItem.objects.filter(kind=WorkKind.POLL, row_id=mailbox_id)
    organization_id = items.values_list("organization_id", flat=True).first()
    if organization_id is None:
        raise NoSuchMailbox
    return organization_id


def _poll_to_the_end(organization_id: int, mailbox_id: int, counts: PollCounts, *, gives_up_at: float) -> list[int]:
    sighting_ids: list[int] = []
    while True:
        claim = _claim(organization_id, mailbox_id, gives_up_at=gives_up_at)
        try:
            report = poll(claim, even_if_paused=True)
        except work.LeaseLost:
            continue
        counts.listed += report.listed
        counts.stored += report.stored
        counts.failed += report.failed
        counts.errors.extend(report.errors)
        sighting_ids.extend(report.sighting_ids)
        if report.is_complete or report.errors:
            return sighting_ids


def _claim(organization_id: int, mailbox_id: int, *, gives_up_at: float) -> work.Claim:
    while True:
        claim = work.claim_row(
            WorkKind.POLL,
            organization_id=organization_id,
            row_id=mailbox_id,
            lease_s=settings.LEASE_S,
            force=True,
        )
        if claim is not None:
            return claim
        if not WorkItem.objects.filter(kind=WorkKind.POLL, row_id=mailbox_id).exists():
            raise NoSuchMailbox
        if clock.monotonic() > gives_up_at:
            raise Busy
        clock.pause(LOOK_AGAIN_AFTER_S)


def _process(organization_id: int, mailbox_id: int, counts: PollCounts, *, wait_s: float) -> list[int]:
    """What waits in this mailbox was handed to its handler once, by this run or another; gives the ids."""
    with organization_scope(organization_id):
        waiting = RawMessage.objects.filter(mailbox_id=mailbox_id, state=RawState.PENDING).order_by("id")
        raw_ids = list(waiting.values_list("id", flat=True))
    gives_up_at = clock.monotonic() + wait_s
    for chunk in chunks(raw_ids, size=PROCESS_CHUNK):
        counts.processed += drains.drain_now(WorkKind.PROCESS, budget_s=PROCESS_BUDGET_S, row_ids=chunk)
        while _others_are_at(organization_id, chunk) and clock.monotonic() < gives_up_at:
            clock.pause(LOOK_AGAIN_AFTER_S)
            counts.processed += drains.drain_now(WorkKind.PROCESS, budget_s=PROCESS_BUDGET_S, row_ids=chunk)
    return raw_ids


def _others_are_at(organization_id: int, raw_ids: Sequence[int]) -> bool:
    items = WorkItem.objects.filter(kind=WorkKind.PROCESS, organization_id=organization_id, row_id__in=raw_ids)
    return items.filter(leased_until__gt=clock.now()).exists()


def _outcomes(sighting_ids: Sequence[int], raw_ids: Sequence[int]) -> Counter[str]:
    """Verdicts of these sightings and of the sightings of these raw messages."""
    verdicts: dict[int, str] = {}
    for column, ids in (("id__in", sighting_ids), ("raw_id__in", raw_ids)):
        for chunk in chunks(ids):
            found = RemoteMessage.objects.filter(**{column: chunk}).exclude(outcome=Outcome.PENDING)
            verdicts.update(found.values_list("id", "outcome"))
    return Counter(verdicts.values())
