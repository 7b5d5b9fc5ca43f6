"""The record of a mailbox's connections, for its page and as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from helpdesk.lib import clock
from helpdesk.lib.crypto import CannotOpen
from helpdesk.tenancy import secrets
from mailboxes.models import Mailbox, ProtocolTrace, TracePiece
from mailboxes.services.liveness.tracing import KEPT

SHOWN_LINES = 500


@dataclass(frozen=True)
class TraceLine:
    """One line that was said."""

    said_at: datetime
    session: str  # which connection, a few letters
    direction: str
    text: str


@dataclass(frozen=True)
class TraceState:
    """How a recording stands."""

    trace: ProtocolTrace
    is_running: bool
    gone_at: datetime


def trace_of(mailbox: Mailbox) -> TraceState | None:
    """The last recording of the mailbox, if it has one."""
    trace = ProtocolTrace.objects.filter(mailbox=mailbox).first()
    if trace is None:
        return None
    return TraceState(trace, trace.until_at > clock.now() and not trace.is_cut, trace.until_at + KEPT)


def trace_lines(trace: ProtocolTrace) -> list[TraceLine]:
    """Every line in the order they were said; a piece that does not open is left out."""
    told = [line for piece in TracePiece.objects.filter(trace=trace).order_by("first_ms") for line in _lines_of(piece)]
    told.sort(key=lambda line: line.said_at)  # connections side by side are stored one after another
    return told


def as_text(lines: Sequence[TraceLine]) -> str:
    """The lines as a file, with times in the viewer's zone."""
    return "".join(f"{_moment(line.said_at)} {line.session} {line.direction} {line.text}\n" for line in lines)


def _moment(said_at: datetime) -> str:
    return timezone.localtime(said_at).isoformat(timespec="milliseconds")


def _lines_of(piece: TracePiece) -> Iterator[TraceLine]:
    try:
        told = json.loads(secrets.open_for(piece, "lines_sealed") or "[]")
    except CannotOpen:
        return
    for milliseconds, session, direction, text in told:
        yield TraceLine(datetime.fromtimestamp(milliseconds / 1000, tz=UTC), session, direction, text)
