"""A connection test that runs beside the page: started by one request, looked at by the following ones.

It runs in a thread of the web process, holding no database connection; what it saw lies in the cache for ten minutes,
under the organization, without any secret. A test whose process died shows as interrupted after its time.
"""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.cache import cache

from helpdesk.lib import clock
from mailboxes.connectors.config import ImapConfig, SmtpConfig
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.results import Stage, StageResult, State

KEPT_S = 600
LONGEST_S = 120
_RUN_ID = re.compile(r"[\w-]{1,40}", re.ASCII)


@dataclass(frozen=True)
class ConnectionRun:
    """How far a test is."""

    run_id: str
    address: str
    started_at: datetime
    results: tuple[StageResult, ...]  # one for each stage that began, in order
    is_done: bool = False

    @property
    def failed(self) -> StageResult | None:
        """The stage that failed, if one did."""
        return next((result for result in self.results if result.state is State.FAIL), None)

    @property
    def is_passed(self) -> bool:
        """True if every stage came to its end, and none failed."""
        ended = {result.stage for result in self.results if result.state in (State.OK, State.WARN, State.SKIP)}
        return self.is_done and ended == set(Stage)

    @property
    def has_sent(self) -> bool:
        """True if sending was tried and worked."""
        return any(result.stage is Stage.SEND and result.state in (State.OK, State.WARN) for result in self.results)

    @property
    def folders(self) -> list[str]:
        """The names of the folders that were found."""
        named = (result.evidence.get("folders") for result in self.results)
        return [str(name) for found in named if isinstance(found, list | tuple) for name in found]


def start_test(imap: ImapConfig, *, smtp: SmtpConfig | None, address: str, organization_id: int) -> ConnectionRun:
    """The test is under way; `run_named` shows how far it is."""
    run = ConnectionRun(run_id=secrets.token_urlsafe(16), address=address, started_at=clock.now(), results=())
    _keep(run, organization_id=organization_id)
    thread = threading.Thread(
        target=_run, args=(run, imap, smtp, organization_id), name=f"connection-test-{run.run_id[:6]}", daemon=True
    )
    thread.start()
    return run


def run_named(run_id: str, *, organization_id: int) -> ConnectionRun | None:
    """The test as far as it is; None if there is none of this id in the organization (any more)."""
    if not _RUN_ID.fullmatch(run_id):  # not every cache takes every key
        return None
    run: ConnectionRun | None = cache.get(_key(run_id, organization_id))
    if run is not None and not run.is_done and (clock.now() - run.started_at).total_seconds() > LONGEST_S:
        return replace(run, is_done=True)
    return run


def _run(run: ConnectionRun, imap: ImapConfig, smtp: SmtpConfig | None, organization_id: int) -> None:
    seen: dict[Stage, StageResult] = {}
    for result in run_connection_test(imap, smtp=smtp, address=run.address):
        seen[result.stage] = result
        _keep(replace(run, results=tuple(seen.values())), organization_id=organization_id)
    _keep(replace(run, results=tuple(seen.values()), is_done=True), organization_id=organization_id)


def _keep(run: ConnectionRun, *, organization_id: int) -> None:
    cache.set(_key(run.run_id, organization_id), run, KEPT_S)


def _key(run_id: str, organization_id: int) -> str:
    return f"connection-test:{organization_id}:{run_id}"
