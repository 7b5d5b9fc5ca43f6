"""Whose work is done next: round robin over organizations, and no organization has every thread of a process.

How many of them an organization gets is in `shares`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk.lib import clock
from helpdesk.tenancy import shares, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.shares import Threads

ALONE_S = 60.0  # how long it is believed that no other organization has anything that is polled

_last_turns: dict[WorkKind, int] = {}  # the organization this process served last, over all its drains
_alone: dict[int, float] = {}  # who has no other organization beside it, and until when that is believed, monotonic


@contextmanager
def chosen(kind: WorkKind, *, lease_s: float, batch: int, row_ids: list[int] | None) -> Iterator[list[work.Claim]]:
    """What is to be done next, claimed: first attempts up to `batch`, or one item that was tried before; [] if nothing.

    All of one organization, for which this thread counts inside the block.
    """
    threads = shares.threads()
    claims = _claims(kind, lease_s=lease_s, batch=batch, row_ids=row_ids)
    while claims and not _begin(threads, claims[0].organization_id):
        work.give_back(claims)  # others were quicker, and it has all its threads
        claims = _claims(kind, lease_s=lease_s, batch=batch, row_ids=row_ids)
    if not claims:
        yield claims
        return
    _last_turns[kind] = claims[0].organization_id
    try:
        yield claims
    finally:
        threads.end(claims[0].organization_id)


def held_back() -> frozenset[int]:
    """The organizations that get no further thread of this process now. Nobody is held back who is alone."""
    threads = shares.threads()
    full = threads.full()
    return full if not (full and threads.serve_one() and _is_alone(*full)) else frozenset()


def _begin(threads: Threads, organization_id: int) -> bool:
    if threads.begin(organization_id):
        return True
    is_alone = threads.serve_one() and _is_alone(organization_id)
    return is_alone and threads.begin(organization_id, is_alone=True)


def _claims(kind: WorkKind, *, lease_s: float, batch: int, row_ids: list[int] | None) -> list[work.Claim]:
    # Not from the first one each time: its slow backlog could take the whole budget of every drain.
    after, none_of = _last_turns.get(kind, 0), held_back()
    if batch > 1:
        first_attempts = work.claim_batch(
            kind, lease_s=lease_s, limit=batch, after_organization_id=after, none_of=none_of, row_ids=row_ids
        )
        if first_attempts:
            return first_attempts
    claim = work.claim_next(kind, lease_s=lease_s, after_organization_id=after, none_of=none_of, row_ids=row_ids)
    return [claim] if claim is not None else []


def _is_alone(organization_id: int) -> bool:
    """True if nobody else has anything that is polled, now or later; that hardly ever changes."""
    moment = clock.monotonic()
    if moment < _alone.get(organization_id, 0.0):
        return True
    _alone.clear()
    if not work.is_alone(WorkKind.POLL, organization_id=organization_id):
        return False
    _alone[organization_id] = moment + ALONE_S
    return True
