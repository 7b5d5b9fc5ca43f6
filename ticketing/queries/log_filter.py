"""What an address of the inbound log asks for. A value that makes no sense filters nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from helpdesk.web.moments import beginning_of, day_named
from mailboxes.models import Outcome, RemoteMessage
from ticketing.queries.inbound_log import LogFilter, narrowed

NAMES = ("outcome", "mailbox", "q", "from", "to", "like")
MAX_WORDS = 200
NO_CODE = "-"  # no message has it
MAX_ID_DIGITS = 18  # what a database takes as a number


def log_filter(query: Mapping[str, str]) -> LogFilter:
    """The filter; `like` names a message whose error the others have, too. Inside the scope; at most two queries.

    What `fixed` gave may be asked for again later, when that message has another error or none.
    """
    outcome = query.get("outcome", "")
    first, last = day_named(query.get("from", "")), day_named(query.get("to", ""))
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
            since=beginning_of(first) if first else None,
            before=beginning_of(last + timedelta(days=1)) if last else None,
            code=code,
            error=error,
        )
    )


def fixed(query: Mapping[str, str]) -> dict[str, str]:
    """The same with the error instead of the message that has it. Inside the scope."""
    kept = {name: query[name] for name in NAMES if query.get(name) and name != "like"}
    if "like" not in query:
        return kept
    code, error = _error_like(_number(query["like"]))
    return kept | {"code": code, "error": error}


def like(entry: RemoteMessage) -> LogFilter:
    """Those that failed with the same error."""
    return LogFilter(outcome=Outcome.FAILED, code=entry.reason_code, error=str(entry.reason_data.get("error", "")))


def _error_like(entry_id: int | None) -> tuple[str, str]:
    entry = RemoteMessage.objects.filter(pk=entry_id).first() if entry_id is not None else None
    if entry is None or not entry.reason_code:
        return NO_CODE, ""
    return entry.reason_code, str(entry.reason_data.get("error", ""))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS else None
