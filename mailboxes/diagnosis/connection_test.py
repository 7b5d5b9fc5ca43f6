"""The connection test from the first stage to the last, for the wizard to show while it runs."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from helpdesk.lib import clock
from mailboxes.diagnosis.plan import Plan
from mailboxes.diagnosis.results import StageResult, State


def run_connection_test(plan: Plan) -> Generator[StageResult]:
    """Each stage twice: when it begins (`run`) and when it is done. After a failure the rest is `skip`, once each.

    Never raises for what servers do; nothing is left open, also when the iteration is given up.
    """
    has_failed = False
    try:
        for step in plan.steps:
            if has_failed:
                yield StageResult(step.stage, State.SKIP, "waiting")
                continue
            yield step.begins
            if step.run is None:
                continue
            began = clock.monotonic()
            result = step.run()
            has_failed = result.state is State.FAIL
            said_at = clock.now() if result.server_words else None
            yield replace(result, took_s=clock.monotonic() - began, said_at=said_at)
    finally:
        plan.close()
