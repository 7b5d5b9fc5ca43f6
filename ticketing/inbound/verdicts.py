"""Writes what became of a mail: on every sighting of it, and on the stored mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from helpdesk.lib.text import clean_line, clean_text
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from ticketing.inbound.decisions import Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.rows import Writes
from ticketing.services.references import id_hash

SHOWN_HEADERS = "x-postroom-"  # shown in the log, never obeyed
MAX_SHOWN = 10


Step = str | Mapping[str, object]  # the name of a step of the policy, or what a rule did


class AlreadyDecided(Exception):
    """Somebody else has given the verdict on this mail."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, and the ticket it led to."""

    decision: Decision
    trace: tuple[Step, ...] = ()
    ticket_id: int | None = None


def write(verdict: Verdict, writes: Writes, *, envelope: Envelope, moment: datetime) -> None:
    """The verdict will stand. Flushing raises AlreadyDecided when there is one."""
    mail, decision = envelope.mail, verdict.decision
    _settle(envelope.delivery.raw_id, writes, state=RawState.DONE, error="", moment=moment)
    written = clean_line(mail.from_.address).lower() if mail.from_ else ""
    shown = [f"{name}: {value}"[:200] for name, value in mail.headers if name.lower().startswith(SHOWN_HEADERS)]
    writes.update(
        RemoteMessage,
        {"raw_id": envelope.delivery.raw_id},
        {"outcome": Outcome.PENDING},  # copies have their verdict already
        message_id=clean_line(mail.message_id or "")[:998],
        message_key=id_hash(mail.message_id) if mail.message_id else "",
        subject=clean_line(mail.subject)[:400],
        sender=(envelope.sender or written)[:320],
        outcome=decision.outcome,
        reason_code=decision.reason,
        reason_data=storable(decision.data),
        trace=[*map(_storable_value, verdict.trace), *map(clean_text, shown[:MAX_SHOWN])],
        ticket_id=verdict.ticket_id,
        decided_at=moment,
    )


def write_failure(raw_id: int, *, reason: Reason, data: Mapping[str, object], error: str, moment: datetime) -> None:
    """The mail is in quarantine, visibly. Inside the caller's transaction. Raises AlreadyDecided.

    error: what was raised last, in the program's own words; "" when nothing was.
    """
    writes = Writes()
    _settle(raw_id, writes, state=RawState.QUARANTINED, error=clean_text(error), moment=moment)
    writes.update(
        RemoteMessage,
        {"raw_id": raw_id},
        {"outcome": Outcome.PENDING},
        outcome=Outcome.FAILED,
        reason_code=reason,
        reason_data=storable(data),
        trace=[],
        decided_at=moment,
    )
    writes.flush()


def storable(data: Mapping[str, object]) -> dict[str, object]:
    """The values as a JSON column takes them."""
    return {name: _storable_value(value) for name, value in data.items()}


def _storable_value(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return storable(value)
    return [_storable_value(each) for each in value] if isinstance(value, list) else value


def _settle(raw_id: int, writes: Writes, *, state: RawState, error: str, moment: datetime) -> None:
    pending = {"state": RawState.PENDING}
    writes.update(RawMessage, {"id": raw_id}, pending, AlreadyDecided, state=state, error=error, processed_at=moment)
