"""Due work as rows: whoever drains a kind claims the next fair item, works, and finishes it.

Correctness rests on these rows, never on the broker. A claim is one conditional UPDATE that raises the generation;
every later write about the work checks that generation in the same statement (`finish`, `reschedule`, `still_ours`),
so that a worker paused past its lease changes nothing. Attempts are counted in the claim, before the attempt.
Due order is round robin over organizations: one organization's backlog does not starve another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind

CLOCK_SLACK_S = 5
BROKEN_PAUSES_S = (60, 5 * 60, 15 * 60, 3600)  # the last one again and again
_UNBROKEN: dict[str, object] = {"broke_times": 0, "broke_since": None, "broke_cause": ""}


_ENQUEUE = (
    "INSERT INTO tenancy_workitem"
    " (kind, organization_id, row_id, due_at, set_at, generation, attempts, broke_times, broke_cause)"
    " VALUES (%s, %s, %s, %s, %s, 0, 0, 0, '') ON CONFLICT DO NOTHING"
)
_SOONER = (
    "UPDATE tenancy_workitem SET due_at = %s, set_at = %s"
    " WHERE kind = %s AND organization_id = %s AND row_id = %s AND due_at > %s"
)


class LeaseLost(Exception):
    """Somebody else claimed this work since; whatever the raiser's transaction wrote is undone."""


@dataclass(frozen=True)
class Claim:
    """Work that is ours until `leased_until`, under this generation."""

    item_id: int
    kind: WorkKind
    organization_id: int
    row_id: int
    generation: int
    attempts: int  # this one included
    leased_until: datetime


def enqueue(kind: WorkKind, *, organization_id: int, row_id: int, due_at: datetime | None = None) -> None:
    """The work is due at `due_at` (now when None), or earlier if it already was. Inside the caller's transaction."""
    with connection.cursor() as cursor:
        for sql, values in enqueuing(kind, organization_id=organization_id, row_id=row_id, due_at=due_at):
            cursor.execute(sql, values)
            if cursor.rowcount:
                return


def enqueuing(
    kind: WorkKind, *, organization_id: int, row_id: int, due_at: datetime | None = None
) -> list[tuple[str, list[Any]]]:
    """The statements of `enqueue`, for those who send them along with others, and their values.

    By hand: every mail comes by here, some of them twice. The second changes nothing where the first has made the item.
    """
    moment = clock.now()
    due, set_at = (connection.ops.adapt_datetimefield_value(at) for at in (due_at or moment, moment))
    return [
        (_ENQUEUE, [kind.value, organization_id, row_id, due, set_at]),
        (_SOONER, [due, set_at, kind.value, organization_id, row_id, due]),
    ]


def enqueue_many(
    kind: WorkKind, *, organization_id: int, row_ids: Iterable[int], due_at: datetime | None = None
) -> None:
    """`enqueue` for several rows of one organization, in two statements."""
    moment = clock.now()
    due = due_at or moment
    wanted = list(row_ids)
    WorkItem.objects.bulk_create(_items(kind, organization_id, wanted, due=due, moment=moment), ignore_conflicts=True)
    WorkItem.objects.filter(kind=kind, organization_id=organization_id, row_id__in=wanted, due_at__gt=due).update(
        due_at=due, set_at=moment
    )


def enqueue_new(kind: WorkKind, *, organization_id: int, row_ids: Iterable[int]) -> None:
    """The work on rows that this very transaction made is due now, in one statement."""
    moment = clock.now()
    WorkItem.objects.bulk_create(_items(kind, organization_id, row_ids, due=moment, moment=moment))


def _items(
    kind: WorkKind, organization_id: int, row_ids: Iterable[int], *, due: datetime, moment: datetime
) -> list[WorkItem]:
    return [
        WorkItem(kind=kind, organization_id=organization_id, row_id=row_id, due_at=due, set_at=moment)
        for row_id in row_ids
    ]


def enqueue_standing(kind: WorkKind) -> None:
    """Every organization has an item of this kind, whose row is the organization itself; a new one is due now."""
    items = WorkItem.objects.filter(kind=kind, organization_id=OuterRef("pk"))
    lacking = apps.get_model("accounts.Organization").objects.exclude(Exists(items))
    for organization_id in lacking.values_list("pk", flat=True):
        enqueue(kind, organization_id=organization_id, row_id=organization_id)


def claim_next(
    kind: WorkKind,
    *,
    lease_s: float,
    after_organization_id: int = 0,
    none_of: Collection[int] = (),
    row_ids: Iterable[int] | None = None,
) -> Claim | None:
    """The oldest due item of the next organization after `after_organization_id`, now leased to the caller.

    None when nothing is due but work of the organizations `none_of`. `row_ids` limits the choice (one organization's
    rows are not told from another's). Commits on its own; call it outside a transaction.
    """
    moment = clock.now()
    due = _due(kind, moment=moment, none_of=none_of)
    if row_ids is not None:
        due = due.filter(row_id__in=list(row_ids))
    behind = due.filter(organization_id__gt=after_organization_id) if after_organization_id else due
    claim = _claim_first(behind, kind, lease_s=lease_s, moment=moment)
    if claim is None and after_organization_id:
        claim = _claim_first(due, kind, lease_s=lease_s, moment=moment)
    return claim


def _claim_first(due: QuerySet[WorkItem], kind: WorkKind, *, lease_s: float, moment: datetime) -> Claim | None:
    """The oldest of the first organization's that is due, claimed; no two who ask at once try for the same.

    By hand, in one statement: every idle poll begins here, and of threads that chose first and claimed then, all but
    one did so in vain.
    """
    fair = due.order_by("organization_id", "due_at", "id")
    choice, values = fair.values("id")[:1].query.get_compiler(connection=connection).as_sql()
    until = moment + timedelta(seconds=lease_s)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE tenancy_workitem SET generation = generation + 1, attempts = attempts + 1, leased_until = %s, "  # noqa: S608  compiled
            f"due_at = %s, set_at = %s WHERE id = ({choice}{_apart()}) "
            "RETURNING id, organization_id, row_id, generation, attempts",
            [*(connection.ops.adapt_datetimefield_value(each) for each in (until, until, moment)), *values],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    item_id, organization_id, row_id, generation, attempts = found
    return Claim(item_id, kind, organization_id, row_id, generation, attempts, until)


def _apart() -> str:
    """What makes a choice pass over rows that others are claiming; on SQLite whoever writes is alone."""
    return " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""


def _due(kind: WorkKind, *, moment: datetime, none_of: Collection[int]) -> QuerySet[WorkItem]:
    due = WorkItem.objects.filter(_claimable(moment), kind=kind)
    return due.exclude(organization_id__in=none_of) if none_of else due


def claim_row(
    kind: WorkKind, *, organization_id: int, row_id: int, lease_s: float, force: bool = False
) -> Claim | None:
    """This very item, leased to the caller; None if it is not due (unless `force`) or leased by another."""
    moment = clock.now()
    items = WorkItem.objects.filter(kind=kind, organization_id=organization_id, row_id=row_id)
    allowed = _unleased(moment) if force else _claimable(moment)
    item = items.filter(allowed).first()
    return _claim(item, lease_s=lease_s, moment=moment) if item else None


def _unleased(moment: datetime) -> Q:
    # A lease that was written in the future was written before the clock stepped back: it is void.
    future = moment + timedelta(seconds=CLOCK_SLACK_S)
    return Q(leased_until=None) | Q(leased_until__lte=moment) | Q(set_at__gt=future)


def _claimable(moment: datetime) -> Q:
    future = moment + timedelta(seconds=CLOCK_SLACK_S)
    return (Q(due_at__lte=moment) | Q(set_at__gt=future)) & _unleased(moment)


def _claim(item: WorkItem, *, lease_s: float, moment: datetime) -> Claim | None:
    until = moment + timedelta(seconds=lease_s)
    won = WorkItem.objects.filter(id=item.id, generation=item.generation).update(
        generation=F("generation") + 1, attempts=F("attempts") + 1, leased_until=until, due_at=until, set_at=moment
    )
    if not won:
        return None
    return _claimed(item, until=until)


def _claimed(item: WorkItem, *, until: datetime) -> Claim:
    """The claim on an item as it was read before the UPDATE that won it."""
    return Claim(
        item_id=item.id,
        kind=WorkKind(item.kind),
        organization_id=item.organization_id,
        row_id=item.row_id,
        generation=item.generation + 1,
        attempts=item.attempts + 1,
        leased_until=until,
    )


def still_ours(claim: Claim, *, lease_s: float | None = None) -> None:
    """The claim holds, and for `lease_s` more seconds if given (the heartbeat).

    Inside a transaction the row is locked until commit, so nobody claims it in between.
    Raises LeaseLost when another worker has it, or when our lease ran out by our own clock.
    """
    moment = clock.now()
    changes: dict[str, object] = {"attempts": F("attempts")}
    if lease_s is not None:
        until = moment + timedelta(seconds=lease_s)
        asked = When(due_at__lt=F("leased_until"), then=F("due_at"))  # an `ask_now` outlives the heartbeat
        changes |= {"leased_until": until, "due_at": Case(asked, default=Value(until)), "set_at": moment}
    ours = WorkItem.objects.filter(id=claim.item_id, generation=claim.generation, leased_until__gt=moment)
    if not ours.update(**changes):
        raise LeaseLost


def finish(claim: Claim) -> None:
    """The work is done and its item gone. Part of the transaction that writes the result.

    Raises LeaseLost if the claim no longer holds.
    """
    with connection.cursor() as cursor:
        cursor.execute(*finishing(claim))
        if not cursor.rowcount:
            raise LeaseLost


def finishing(claim: Claim) -> tuple[str, list[int]]:
    """The statement of `finish`, for those who send it along with others, and its values.

    By hand: every mail ends here, and building a query costs more than it does. It changes no row if the claim no
    longer holds; then raise LeaseLost.
    """
    return "DELETE FROM tenancy_workitem WHERE id = %s AND generation = %s", [claim.item_id, claim.generation]


def reschedule(claim: Claim, *, due_at: datetime, succeeded: bool) -> None:
    """The lease is given back and the item due again at `due_at`; success clears the attempts.

    If somebody asked for it meanwhile (`ask_now`), it is due at once.
    Raises LeaseLost if the claim no longer holds.
    """
    moment = clock.now()
    changes: dict[str, object] = {"leased_until": None, "set_at": moment, **_UNBROKEN}
    if succeeded:
        changes |= {"attempts": 0, "succeeded_at": moment}
    asked = When(due_at__lt=F("leased_until"), then=Least(F("due_at"), Value(due_at)))
    items = WorkItem.objects.filter(id=claim.item_id, generation=claim.generation)
    if not items.update(due_at=Case(asked, default=Value(due_at)), **changes):
        raise LeaseLost


def note_success(kind: WorkKind, *, organization_id: int, row_id: int, within_s: float) -> None:
    """What this work is for has just happened without it; said again only after `within_s`, so that nobody waits."""
    moment = clock.now()
    lately = moment - timedelta(seconds=within_s)
    items = WorkItem.objects.filter(kind=kind, organization_id=organization_id, row_id=row_id)
    items.filter(Q(succeeded_at=None) | Q(succeeded_at__lt=lately)).update(succeeded_at=moment)


def note_broken(claim: Claim, *, cause: str) -> None:
    """The item says why its handler broke, and is due again after a pause that grows.

    cause: kind and place of the error, never content. Raises LeaseLost if the claim no longer holds.
    """
    moment = clock.now()
    items = WorkItem.objects.filter(id=claim.item_id, generation=claim.generation)
    times = items.values_list("broke_times", flat=True).first() or 0
    pause_s = BROKEN_PAUSES_S[min(times, len(BROKEN_PAUSES_S) - 1)]
    written = items.update(
        leased_until=None,
        due_at=moment + timedelta(seconds=pause_s),
        set_at=moment,
        broke_times=times + 1,
        broke_since=Coalesce(F("broke_since"), Value(moment)),
        broke_cause=cause[:200],
    )
    if not written:
        raise LeaseLost


def ask_now(kind: WorkKind, *, organization_id: int, row_id: int) -> None:
    """The item is due now; if it is being worked on, once more right after."""
    moment = clock.now()
    WorkItem.objects.filter(kind=kind, organization_id=organization_id, row_id=row_id).update(
        due_at=moment, set_at=moment
    )


def withdraw(kind: WorkKind, *, organization_id: int, row_id: int) -> None:
    """The item is gone, whoever was at it: their next check raises LeaseLost."""
    WorkItem.objects.filter(kind=kind, organization_id=organization_id, row_id=row_id).delete()


def revoke(kind: WorkKind, *, organization_id: int, row_id: int, due_at: datetime) -> None:
    """Whoever was at the item has lost it, and it is due at `due_at`. Inside the caller's transaction."""
    WorkItem.objects.filter(kind=kind, organization_id=organization_id, row_id=row_id).update(
        generation=F("generation") + 1, leased_until=None, due_at=due_at, set_at=clock.now()
    )


def due_count(kind: WorkKind, *, limit: int, none_of: Collection[int] = ()) -> int:
    """How many items of this kind are due and unleased, over all organizations but these; no further than `limit`."""
    return _due(kind, moment=clock.now(), none_of=none_of)[:limit].count()


def is_alone(kind: WorkKind, *, organization_id: int) -> bool:
    """True if no other organization has work of this kind, due or not."""
    return not WorkItem.objects.filter(kind=kind).exclude(organization_id=organization_id).exists()


def claim_batch(
    kind: WorkKind,
    *,
    lease_s: float,
    limit: int,
    after_organization_id: int = 0,
    none_of: Collection[int] = (),
    row_ids: Iterable[int] | None = None,
) -> list[Claim]:
    """Up to `limit` first attempts of the next organization, claimed in one transaction; [] if none is due.

    Only work nobody has tried: what already failed once is claimed alone, so that it cannot take others with it.
    """
    moment = clock.now()
    until = moment + timedelta(seconds=lease_s)
    fresh = _due(kind, moment=moment, none_of=none_of).filter(attempts=0)
    if row_ids is not None:
        fresh = fresh.filter(row_id__in=list(row_ids))
    organizations = fresh.order_by("organization_id").values_list("organization_id", flat=True)
    organization_id = organizations.filter(organization_id__gt=after_organization_id).first() or organizations.first()
    if organization_id is None:
        return []
    with transaction.atomic():
        # Locked where the database can; SQLite has the whole file from the first statement on.
        locked = fresh.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        items = list(locked.filter(organization_id=organization_id).order_by("due_at", "id")[:limit])
        WorkItem.objects.filter(id__in=[item.id for item in items]).update(
            generation=F("generation") + 1, attempts=F("attempts") + 1, leased_until=until, due_at=until, set_at=moment
        )
    return [_claimed(item, until=until) for item in items]


def give_back(claims: Iterable[Claim], *, due_at: datetime | None = None) -> None:
    """What was claimed but not begun is due again, now or then, its attempt not counted; what is lost stays lost."""
    moment = clock.now()
    for claim in claims:
        ours = WorkItem.objects.filter(id=claim.item_id, generation=claim.generation)
        ours.update(leased_until=None, due_at=due_at or moment, set_at=moment, attempts=F("attempts") - 1)
