"""Draining due work: who handles each kind, in which queue, and how a wake-up reaches a worker.

A wake-up carries nothing but the kind. Whoever gets it claims the next fair item, hands it to the kind's handler, and
goes on until nothing is due or the time budget is spent. A lost, doubled or late wake-up changes nothing but time: the
sweep (`sweep`, every beat) finds due rows. At most `slots` wake-ups of a kind wait at once, whatever the backlog.
Which item is the next is in `choosing`.
"""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import close_old_connections, transaction
from kombu.exceptions import ChannelError, KombuError

from helpdesk.env import BASE_DIR
from helpdesk.lib import clock
from helpdesk.tenancy import choosing, work
from helpdesk.tenancy.models import WorkKind

logger = logging.getLogger(__name__)

Handler = Callable[[work.Claim], None]  # must finish or reschedule the claim; LeaseLost may pass
BUDGET_S = 5.0  # short, so that a worker that is asked to stop does so soon
_OUR_CODE = f"{BASE_DIR}/"
_SWEPT_KEY = "work:swept-at"
_STANDING_S = 3600  # how often new organizations get their items of standing work
_GATHERED_S = 0.5  # how long a wake-up may wait for others of its kind
_WAITING_S = 60  # a wake-up that never arrived blocks its slot no longer than this


@dataclass(frozen=True)
class Drain:
    """How one kind of work is done."""

    handler_for: Callable[[Sequence[work.Claim]], Handler]  # for claims of one organization, taken together
    queue: str  # poll, inbound, outbound or default
    lease_s: Callable[[], float]
    slots: int  # how many workers may be at this kind side by side
    time_limit_s: int  # a process pool kills a worker that takes longer; the lease then runs out by itself
    batch: int  # first attempts claimed at once; each lease must last for all of them


_drains: dict[WorkKind, Drain] = {}
_standing: set[WorkKind] = set()  # every organization has one item, which is never finished


def register(
    kind: WorkKind,
    *,
    handler: Handler,
    queue: str,
    lease_s: Callable[[], float] | float,
    slots: int = 4,
    time_limit_s: int = 600,
    is_standing: bool = False,
) -> None:
    """Work of this kind goes to `handler`. Called from an app's `ready`.

    is_standing: every organization has one item, due again and again; the sweep sees to that.
    """
    if is_standing:
        _standing.add(kind)
    register_batched(
        kind,
        handler_for=lambda _claims: handler,
        queue=queue,
        lease_s=lease_s,
        slots=slots,
        time_limit_s=time_limit_s,
        batch=1,
    )


def register_batched(
    kind: WorkKind,
    *,
    handler_for: Callable[[Sequence[work.Claim]], Handler],
    queue: str,
    lease_s: Callable[[], float] | float,
    slots: int = 4,
    time_limit_s: int = 600,
    batch: int,
) -> None:
    """Work of this kind is claimed up to `batch` at once, and goes to the handler that is made for these claims.

    Making the handler touches nothing and cannot fail; the handler may share among the claims what it reads.
    """
    lease = lease_s if callable(lease_s) else lambda: lease_s
    _drains[kind] = Drain(
        handler_for=handler_for, queue=queue, lease_s=lease, slots=slots, time_limit_s=time_limit_s, batch=batch
    )


def drain_now(kind: WorkKind, *, budget_s: float = BUDGET_S, row_ids: Iterable[int] | None = None) -> int:
    """Everything that is due (of `row_ids`, if given) has been handed to its handler once, or the budget is spent.

    Gives the number of items handled; the last one may begin just before the budget is spent, so that the whole takes
    no longer than the budget and one item. Runs outside any scope and transaction.
    """
    drain = _drains[kind]
    wanted = None if row_ids is None else list(row_ids)
    ends_at = clock.monotonic() + budget_s
    handled = 0
    while wanted != [] and clock.monotonic() < ends_at:
        with choosing.chosen(kind, lease_s=drain.lease_s(), batch=drain.batch, row_ids=wanted) as claims:
            if not claims:
                break
            handle = drain.handler_for(claims)
            with gathering_wakes():
                for position, claim in enumerate(claims):
                    if position and (clock.monotonic() >= ends_at or _is_half_gone(claim, lease_s=drain.lease_s())):
                        work.give_back(claims[position:])
                        break
                    _hand_over(claim, handle)
                    handled += 1
                    if wanted is not None:
                        wanted.remove(claim.row_id)  # once is enough, and shorter lists are cheaper to ask for
    return handled


def _hand_over(claim: work.Claim, handle: Handler) -> None:
    """The handler had the item; where it broke, the item says so and waits, and the next one has its turn.

    The last resort around the handlers, which know better what an error means for a mailbox, a mail or a delivery. An
    error of the database as a whole passes: the note could not be written either, and the lease runs out by itself.
    """
    fields = {"kind": claim.kind, "organization_id": claim.organization_id, "row_id": claim.row_id}
    try:
        try:
            handle(claim)
        except work.LeaseLost:
            raise
        except Exception as error:  # a fault of ours holds up no other row: it is kept, and shown by doctor
            logger.exception("work.broke", extra=fields)
            work.note_broken(claim, cause=_cause(error))
    except work.LeaseLost:
        logger.info("work.lease_lost", extra=fields)


def _cause(error: Exception) -> str:
    """The kind of the error and the line of ours it comes from; its words may hold what no log may."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_OUR_CODE)]
    place = f" in {frames[-1].filename.removeprefix(_OUR_CODE)}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def _is_half_gone(claim: work.Claim, *, lease_s: float) -> bool:
    """True when the rest of a batch had better be claimed anew than begun with a lease about to end."""
    return (claim.leased_until - clock.now()).total_seconds() < lease_s / 2


def wake(kind: WorkKind) -> None:
    """A worker looks for due work of this kind soon after the open transaction commits."""
    transaction.on_commit(lambda: _wake_now(kind))


@contextmanager
def gathering_wakes() -> Iterator[None]:
    """Of the wake-ups that the block asks for, one of each kind is sent at once, then one each _GATHERED_S and one at
    the end: looking whether one is on its way already costs more than what many of a batch ask for it.
    """
    gathered = _Gathered({}, set())
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        for kind in gathered.waiting:
            _send(kind, slots=1)


@dataclass(frozen=True)
class _Gathered:
    sent_at: dict[WorkKind, float]  # by the monotonic clock
    waiting: set[WorkKind]


_gathered: ContextVar[_Gathered | None] = ContextVar("gathered_wakes", default=None)


def _wake_now(kind: WorkKind) -> None:
    gathered, moment = _gathered.get(), clock.monotonic()
    if gathered is not None and moment - gathered.sent_at.get(kind, -math.inf) < _GATHERED_S:
        gathered.waiting.add(kind)
        return
    if gathered is not None:
        gathered.sent_at[kind] = moment
        gathered.waiting.discard(kind)
    _send(kind, slots=1)


def sweep() -> None:
    """Every kind with due work has enough wake-ups on their way. Runs with each beat."""
    for kind in _standing:
        if cache.add(f"work:standing:{kind.value}", 1, _STANDING_S):
            work.enqueue_standing(kind)
    for kind, drain in _drains.items():
        due = work.due_count(kind, limit=drain.slots)
        if due:
            _send(kind, slots=due)
    cache.set(_SWEPT_KEY, clock.now(), timeout=None)


def last_sweep_at() -> datetime | None:
    """When the last sweep ended, or None if there never was one."""
    swept_at: datetime | None = cache.get(_SWEPT_KEY)
    return swept_at


def arrived(kind: WorkKind, slot: int) -> None:
    """The wake-up of this slot was received; another may be sent."""
    cache.delete(_slot_key(kind, slot))


def run_slot(kind: WorkKind, slot: int) -> int:
    """What a worker does with a wake-up: drain for a while, and leave a new one behind if work is left."""
    arrived(kind, slot)
    close_old_connections()
    handled = drain_now(kind)
    if work.due_count(kind, limit=1, none_of=choosing.held_back()):
        _send(kind, slots=1)
    return handled


def _send(kind: WorkKind, *, slots: int) -> None:
    from helpdesk.tenancy.tasks import drain as drain_task

    registered = _drains[kind]
    free = (slot for slot in range(registered.slots) if cache.add(_slot_key(kind, slot), 1, _WAITING_S))
    for _wanted, slot in zip(range(slots), free, strict=False):
        try:
            drain_task.apply_async(
                args=(kind.value, slot),
                queue=registered.queue,
                time_limit=registered.time_limit_s,
                retry=False,
                ignore_result=True,
            )
        except (KombuError, ChannelError, OSError) as error:
            cache.delete(_slot_key(kind, slot))
            logger.warning("work.broker_unreachable", extra={"kind": kind, "error": type(error).__name__})
            return


def _slot_key(kind: WorkKind, slot: int) -> str:
    return f"wake:{kind.value}:{slot}"
