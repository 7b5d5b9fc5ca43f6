"""What an address of the inbound log asks for. A value that makes no sense filters nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.dateparse import parse_datetime

from helpdesk.web.moments import span_named
from mailboxes.models import Outcome, RemoteMessage
from ticketing.queries.inbound_log import LogFilter, narrowed

NAMES = ("outcome", "mailbox", "q", "from", "from_time", "to", "to_time", "like")
_OF_VIEWER = ("from", "from_time", "to", "to_time")  # what they mean depends on the zone of who asks
MAX_WORDS = 200
NO_CODE = "-"  # no message has it
MAX_ID_DIGITS = 18  # what a database takes as a number


def log_filter(query: Mapping[str, str]) -> LogFilter:
    """The filter; `like` names a message whose error the others have, too. Inside the scope; at most two queries.

    What `fixed` gave may be asked for again later, when that message has another error or none.
    """
    outcome = query.get("outcome", "")
    code, error = query.get("code", ""), query.get("error", "")
    if "like" in query:
        code, error = _error_like(_number(query["like"]))
    if code and not outcome:
        outcome = Outcome.FAILED.value  # what else has an error; and failed mail has an index
    return narrowed(
        LogFilter(
            outcome=outcome if outcome in Outcome.values else "",
            mailbox_id=_number(query.get("mailbox", "")),
            text=query.get("q", "").replace("\x00", "").strip()[:MAX_WORDS],
            since=_since(query),
            before=_before(query),
            code=code,
            error=error,
        )
    )


def fixed(query: Mapping[str, str]) -> dict[str, str]:
    """The same for who asks later and elsewhere: with moments, and the error, not whose it is. Inside the scope."""
    kept = {name: query[name] for name in NAMES if query.get(name) and name not in ("like", *_OF_VIEWER)}
    moments = {"since": _since(query), "before": _before(query)}
    kept |= {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
    if "like" not in query:
        return kept
    code, error = _error_like(_number(query["like"]))
    return kept | {"code": code, "error": error}


def like(entry: RemoteMessage) -> LogFilter:
    """Those that failed with the same error."""
    return LogFilter(outcome=Outcome.FAILED, code=entry.reason_code, error=str(entry.reason_data.get("error", "")))


def _since(query: Mapping[str, str]) -> datetime | None:
    span = span_named(query.get("from", ""), query.get("from_time", ""))
    return span[0] if span else _moment(query.get("since", ""))


def _before(query: Mapping[str, str]) -> datetime | None:
    span = span_named(query.get("to", ""), query.get("to_time", ""))
    return span[1] if span else _moment(query.get("before", ""))


def _moment(text: str) -> datetime | None:
    """What `fixed` wrote."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _error_like(entry_id: int | None) -> tuple[str, str]:
    entry = RemoteMessage.objects.filter(pk=entry_id).first() if entry_id is not None else None
    if entry is None or not entry.reason_code:
        return NO_CODE, ""
    return entry.reason_code, str(entry.reason_data.get("error", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS else None
