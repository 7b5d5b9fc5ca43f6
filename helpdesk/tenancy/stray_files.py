"""Files that no row points to: left by a worker that died between writing a file and committing its row.

    look through a day's folders ─▶ mark what no row points to ─ GRACE ─▶ look again ─▶ remove the file, then the mark

Standing work of every organization, a day's folders in each run. A file is looked at once it is LOOK_AFTER old, by the
day in its key, so that every storage that can list will do; no transaction and no lease lasts that long. The grace
begins when the database at hand first misses a row: after a restore of an older backup nothing goes before a week.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import work
from helpdesk.tenancy.models import FileSweep, StrayFile, WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.state import required_organization_id
from helpdesk.tenancy.stored_files import OWNERS

logger = logging.getLogger(__name__)

LEASE_S = 600.0
LOOK_AFTER = timedelta(days=2)
GRACE = timedelta(days=7)
ROUND_EVERY = timedelta(days=30)
REST_S = 86_400.0
CHUNK = 500
# More of a day than a killed worker leaves, and most of it: rather the wrong database, or one that was restored.
MANY, MOST = 200, 0.5


_before: list[Callable[[], None]] = []


def register_before_sweep(step: Callable[[], None]) -> None:
    """This runs before each sweep, inside the organization's scope and a transaction."""
    _before.append(step)


def mark(keys: Iterable[str]) -> None:
    """These files are removed after the grace, unless a row names them by then.

    Inside the caller's scope and transaction.
    """
    organization_id, moment = required_organization_id(), clock.now()
    rows = [StrayFile(organization_id=organization_id, key=key, seen_at=moment) for key in keys]
    StrayFile.objects.bulk_create(rows, ignore_conflicts=True)


def sweep_now(organization_id: int, *, accepts_many: bool = False) -> FileSweep:
    """The organization's files were looked through as far as they are old enough; gives how it went.

    accepts_many: what was held back, since it was too much for a crash, is looked at again and marked. Runs outside
    any scope and transaction. Raises LeaseLost while a worker is at it.
    """
    if accepts_many:
        for sweep in FileSweep.objects.filter(organization_id=organization_id):
            sweep.accepted_upto, sweep.upto, sweep.held = sweep.upto, "", 0
            sweep.save()
    work.enqueue(WorkKind.SWEEP_FILES, organization_id=organization_id, row_id=organization_id)
    has_more = True
    while has_more:
        claim = work.claim_row(
            WorkKind.SWEEP_FILES,
            organization_id=organization_id,
            row_id=organization_id,
            lease_s=LEASE_S,
            force=True,
        )
        if claim is None:
            raise work.LeaseLost
        has_more = _one_day(claim)
    return FileSweep.objects.get(organization_id=organization_id)


def handle(claim: work.Claim) -> None:
    """What was marked long enough ago is gone, one more day was looked through, and the next run is due."""
    _one_day(claim)


def _one_day(claim: work.Claim) -> bool:
    """One run; True if more days can be looked through at once."""
    sweep = FileSweep.objects.get_or_create(organization_id=claim.organization_id, defaults={"began_at": clock.now()})[
        0
    ]
    try:
        _remove_marked(claim)
        day = _next_day(sweep)
        held = _look_through(claim, day=day, may_be_many=day <= sweep.accepted_upto) if day else 0
    except (NotImplementedError, OSError) as error:
        logger.warning(
            "strays.unlisted", extra={"organization_id": claim.organization_id, "error": type(error).__name__}
        )
        sweep.trouble = type(error).__name__
        day, held = None, 0
    else:
        sweep.trouble = ""
    _go_on(claim, sweep, day=day, held=held)
    return day is not None


def _go_on(claim: work.Claim, sweep: FileSweep, *, day: str | None, held: int) -> None:
    """How far it came is kept; the next day's folders are due at once, or all have a rest."""
    now = clock.now()
    if day is not None:
        sweep.upto, sweep.held = day, sweep.held + held
    elif not sweep.trouble and now - sweep.began_at >= ROUND_EVERY:
        sweep.began_at, sweep.upto, sweep.held = now, "", 0
    with transaction.atomic():
        sweep.save()
        due_at = now if day is not None else clock.in_seconds(REST_S)
        work.reschedule(claim, due_at=due_at, succeeded=True)


def _next_day(sweep: FileSweep) -> str | None:
    """The oldest day not yet looked through in this round; None when only young ones are left."""
    created_at = apps.get_model("accounts.Organization").objects.get(pk=sweep.organization_id).created_at
    # What is older than the organization in this database belongs to another one: not ours to judge.
    first, last = f"{created_at:%Y-%m-%d}", f"{clock.now() - LOOK_AFTER - timedelta(days=1):%Y-%m-%d}"
    days = {day for folder in OWNERS for day in files.folders_in(f"{folder}/{sweep.organization_id}")}
    return min((day for day in days if max(first, sweep.upto) <= day <= last and day != sweep.upto), default=None)


def _look_through(claim: work.Claim, *, day: str, may_be_many: bool) -> int:
    """What no row points to of that day is marked; gives how many were held back, since they are too many."""
    held = 0
    for folder in OWNERS:
        keys = files.keys_in(f"{folder}/{claim.organization_id}/{day}")
        strays = [key for chunk in _chunks(keys, claim) for key in _strays_among(chunk, claim=claim)]
        if not may_be_many and len(strays) > MANY and len(strays) > MOST * len(keys):
            held += len(strays)
            continue
        for chunk in _chunks(strays, claim):
            with organization_scope(claim.organization_id), transaction.atomic():
                work.still_ours(claim)
                mark(chunk)
    return held


def _remove_marked(claim: work.Claim) -> None:
    """What was marked before the grace is looked at again: the mark goes, and the file, if no row points to it."""
    with organization_scope(claim.organization_id), transaction.atomic():
        for step in _before:
            step()
    due = StrayFile.objects.filter(organization_id=claim.organization_id, seen_at__lte=clock.now() - GRACE)
    for chunk in _chunks(list(due.order_by("id").values_list("key", flat=True)[: 10 * CHUNK]), claim):
        strays = _strays_among(chunk, claim=claim)
        gone = list(_removed(strays))
        faults.point("strays.removed")
        undone = set(strays) - set(gone)
        StrayFile.objects.filter(key__in=set(chunk) - undone).delete()
        logger.info("strays.removed", extra={"organization_id": claim.organization_id, "files": len(gone)})


def _removed(keys: Sequence[str]) -> Iterator[str]:
    for key in keys:
        try:
            default_storage.delete(key)
        except OSError:
            continue  # the mark stays for the next run
        yield key


def _strays_among(keys: Sequence[str], *, claim: work.Claim) -> list[str]:
    """Those that no row points to. Notes count as pointed to while any of the files they are about is."""
    with organization_scope(claim.organization_id):
        used = _used({key.removesuffix(files.NOTES_SUFFIX) for key in keys})
    unused = [key for key in keys if key.removesuffix(files.NOTES_SUFFIX) not in used]
    about = {key: _about(key) for key in unused if key.endswith(files.NOTES_SUFFIX)}
    with organization_scope(claim.organization_id):
        used = _used({named for names in about.values() for named in names})
    return [key for key in unused if not about.get(key, set()) & used]


def _about(notes_key: str) -> set[str]:
    try:
        return files.keys_noted_in(notes_key)
    except FileNotFoundError:
        return set()


def _used(keys: set[str]) -> set[str]:
    """Those of the keys that a row of the open scope names."""
    used: set[str] = set()
    for folder, owner in OWNERS.items():
        rows: Any = apps.get_model(owner.label).objects
        for chunk in _parts(sorted(key for key in keys if key.startswith(f"{folder}/"))):
            used.update(rows.filter(**{f"{owner.field}__in": chunk}).values_list(owner.field, flat=True))
    return used


def _chunks(keys: Sequence[str], claim: work.Claim) -> Iterator[Sequence[str]]:
    """The keys in parts; before each the lease is renewed. Raises LeaseLost."""
    for part in _parts(keys):
        work.still_ours(claim, lease_s=LEASE_S)
        yield part


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))
