"""A dry run in which the operator's spam daemon has its say, as it has when mail really comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helpdesk.lib import clock
from helpdesk.spam_daemon.values import Trouble
from ticketing.inbound.dry_run import ASKS, dry_run
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.spam_daemon import with_answer, without_answer

ASKING_S = 60.0  # of one dry run; about the rest the daemon is not asked


def asked_run(
    envelopes: Sequence[Envelope],
    *,
    organization_id: int,
    original_of: Callable[[Envelope], bytes | None],
    before_each: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """As `dry_run`. Where a mail would be shown to the daemon, it is, and all are tried once more with its answers.

    original_of: the bytes of a mail; None where they are more than it is to see.
    before_each: called before the daemon is asked, outside any transaction.
    """
    lines = dry_run(envelopes, organization_id=organization_id)
    asking = [number for number, line in enumerate(lines) if line.pop(ASKS, False)]
    if not asking:
        return lines
    heard, ends_at = list(envelopes), clock.monotonic() + ASKING_S
    for number in asking:
        before_each()
        heard[number] = _heard(envelopes[number], original_of, has_time=clock.monotonic() < ends_at)
    lines = dry_run(heard, organization_id=organization_id)
    for line in lines:
        line.pop(ASKS, None)
    return lines


def _heard(envelope: Envelope, original_of: Callable[[Envelope], bytes | None], *, has_time: bool) -> Envelope:
    original = original_of(envelope) if has_time else None
    if original is not None:
        return with_answer(envelope, original=original)
    return without_answer(envelope, Trouble.TOO_LARGE if has_time else Trouble.NO_TIME)
