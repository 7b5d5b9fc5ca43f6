"""A connection test that runs beside the page: started by one request, looked at by the following ones.

It runs in a thread of the web process, holding no database connection; what it saw lies in the cache for ten minutes,
under the organization, without any secret. A test whose process died shows as interrupted after its time. One that is
stopped by a person says so at once; the step that is under way still ends by itself, and no other begins. At one place
(`testing_places`) one test runs at a time.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.cache import cache

from helpdesk.lib import clock
from mailboxes.diagnosis.certificates import TrustOffer
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.plan import Plan
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.models import Mailbox
from mailboxes.services.reading.sessions import Seats, waited_seat
from mailboxes.services.setup import testing_places
from mailboxes.services.setup.testing_places import LONGEST_S, Place

KEPT_S = 600
WAIT_S = 45.0
_RUN_ID = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True)
class ConnectionRun:
    """How far a test is."""

    run_id: str
    address: str
    started_at: datetime
    stages: tuple[Stage, ...]  # of the test, in their order
    results: tuple[StageResult, ...] = ()  # one for each stage that began, in order
    is_done: bool = False
    is_stopped: bool = False  # by a person, before its end
    mailbox_name: str = ""  # empty while it is being connected
    draft_id: int | None = None  # of the mailbox that is being set up, in whose third step it runs
    form_url: str = ""  # where the fields are that mend it; "": on the same page
    place: Place | None = None  # where it was asked for; None: nobody could ask twice

    @property
    def failed(self) -> StageResult | None:
        """The stage that failed, if one did."""
        return next((result for result in self.results if result.state is State.FAIL), None)

    @property
    def is_passed(self) -> bool:
        """True if every stage came to its end, and none failed."""
        ended = {result.stage for result in self.results if result.state in (State.OK, State.WARN, State.SKIP)}
        return self.is_done and ended == set(self.stages)

    @property
    def progress(self) -> int:
        """Grows with everything there is to show."""
        return sum(1 if result.state is State.RUN else 2 for result in self.results)

    @property
    def has_tried_sending(self) -> bool:
        """True if sending was tried and worked as far as it was tried."""
        return any(result.stage is Stage.SEND and result.state in (State.OK, State.WARN) for result in self.results)

    @property
    def has_made_draft(self) -> bool:
        """True if sending was tried as far as a draft."""
        return any(result.fact == "send.draft_ok" for result in self.results)

    @property
    def came_back(self) -> bool | None:
        """Whether the test mail was seen in the folder; None if none was sent."""
        seen = next((result.evidence.get("came_back") for result in self.results if result.stage is Stage.SEND), None)
        return seen if isinstance(seen, bool) else None

    def offer_of(self, stage: str) -> TrustOffer | None:
        """The certificate that this stage would be content with, were it trusted."""
        found = (result.evidence.get("offer") for result in self.results if result.stage == stage)
        return next((offer for offer in found if isinstance(offer, TrustOffer)), None)

    @property
    def folders(self) -> list[str]:
        """The names of the folders that were found."""
        named = (result.evidence.get("folders") for result in self.results)
        return [str(name) for found in named if isinstance(found, list | tuple) for name in found]

    @property
    def delimiter(self) -> str:
        """What stands between a folder and one in it; "" where there are none in others."""
        return next((str(found) for result in self.results if (found := result.evidence.get("delimiter"))), "")

    @property
    def folder(self) -> str:
        """The folder that was opened, or was to be."""
        opened = (result.facts.get("folder") for result in self.results if result.stage is Stage.FOLDER)
        return str(next(opened, ""))


def start_test(
    plan: Plan,
    *,
    address: str,
    organization_id: int,
    mailbox_name: str = "",
    draft_id: int | None = None,
    form_url: str = "",
    seats: Seats | None = None,
    place: Place | None = None,
) -> ConnectionRun:
    """The test is under way; `run_named` shows how far it is.

    place: where the same test runs already, it is given instead, and the plan is closed; one of other values stops.
    seats: of the account of a mailbox that is read meanwhile: the test waits for one, at most WAIT_S; without one it
    ends before its first step, as if it had been interrupted.
    draft_id: of the mailbox that is being set up. Whoever starts it notes its id there (`drafts.note`, as `run`).
    """
    run = ConnectionRun(
        run_id=secrets.token_urlsafe(16),
        address=address,
        started_at=clock.now(),
        stages=plan.stages,
        mailbox_name=mailbox_name,
        draft_id=draft_id,
        form_url=form_url,
        place=place,
    )
    _keep(run, organization_id=organization_id)
    running = _take_place(run, organization_id=organization_id)
    if running is not None:
        plan.close()
        return running
    steps = run_connection_test(plan)
    thread = threading.Thread(
        target=_run, args=(run, steps, organization_id, seats), name=f"connection-test-{run.run_id[:6]}", daemon=True
    )
    thread.start()
    return run


def run_named(run_id: str, *, organization_id: int) -> ConnectionRun | None:
    """The test as far as it is; None if there is none of this id in the organization (any more)."""
    if not _RUN_ID.fullmatch(run_id):  # not every cache takes every key
        return None
    run: ConnectionRun | None = cache.get(_key(run_id, organization_id))
    if run is None or run.is_done:
        return run
    if _is_stopped(run_id, organization_id):
        return replace(run, is_done=True, is_stopped=True)
    has_died = (clock.now() - run.started_at).total_seconds() > LONGEST_S
    return replace(run, is_done=True) if has_died else run


def running_at(place: str, *, organization_id: int) -> ConnectionRun | None:
    """The test of this place that is not over yet."""
    run_id = testing_places.run_id_at(place, organization_id=organization_id)
    run = run_named(run_id, organization_id=organization_id) if run_id else None
    return run if run is not None and not run.is_done else None


def run_of_draft(draft: Mailbox) -> ConnectionRun | None:
    """The latest test of the draft as it stands; None if it was not tested within the last minutes.

    Its id stands on the draft itself: whatever else is on the same cache, no other test is taken for it.
    """
    run_id = draft.setup.get("run")
    return run_named(run_id, organization_id=draft.organization_id) if isinstance(run_id, str) else None


def stop_test(run_id: str, *, organization_id: int) -> ConnectionRun | None:
    """No further step begins, and the test is done as far as it is; one that has ended is left as it is."""
    run = run_named(run_id, organization_id=organization_id)
    if run is not None and not run.is_done:
        cache.set(_stop_key(run_id, organization_id), "stopped", KEPT_S)
        _leave_place(run, organization_id=organization_id)
    return run_named(run_id, organization_id=organization_id)


def _take_place(run: ConnectionRun, *, organization_id: int) -> ConnectionRun | None:
    """The same test that runs at the place of this one already; None: the place is this one's now."""
    if run.place is None:
        return None
    running = running_at(run.place.name, organization_id=organization_id)
    if running is not None and running.place == run.place:
        return running
    if running is not None:
        stop_test(running.run_id, organization_id=organization_id)
    if testing_places.take(run.place.name, run.run_id, organization_id=organization_id):
        return None
    return running_at(run.place.name, organization_id=organization_id)  # somebody was faster


def _leave_place(run: ConnectionRun, *, organization_id: int) -> None:
    if run.place is not None:
        testing_places.leave(run.place.name, run.run_id, organization_id=organization_id)


def _run(run: ConnectionRun, steps: Generator[StageResult], organization_id: int, seats: Seats | None) -> None:
    if seats is None:
        _walk(run, steps, organization_id)
        return
    with waited_seat(seats, wait_s=WAIT_S, timeout_s=LONGEST_S) as has_seat:
        if has_seat:
            _walk(run, steps, organization_id)
            return
    steps.close()
    _keep(replace(run, is_done=True), organization_id=organization_id)


def _walk(run: ConnectionRun, steps: Generator[StageResult], organization_id: int) -> None:
    seen: dict[Stage, StageResult] = {}
    is_stopped = False
    try:
        with closing(steps):
            for result in steps:
                seen[result.stage] = result
                _keep(replace(run, results=tuple(seen.values())), organization_id=organization_id)
                is_stopped = _is_stopped(run.run_id, organization_id)
                if is_stopped:
                    break
    finally:
        ended = replace(run, results=tuple(seen.values()), is_done=True, is_stopped=is_stopped)
        _keep(ended, organization_id=organization_id)


def _keep(run: ConnectionRun, *, organization_id: int) -> None:
    cache.set(_key(run.run_id, organization_id), run, KEPT_S)
    if run.is_done:
        _leave_place(run, organization_id=organization_id)


def _is_stopped(run_id: str, organization_id: int) -> bool:
    return bool(cache.get(_stop_key(run_id, organization_id)))


def _stop_key(run_id: str, organization_id: int) -> str:
    return f"connection-test-stop:{organization_id}:{run_id}"


def _key(run_id: str, organization_id: int) -> str:
    return f"connection-test:{organization_id}:{run_id}"
