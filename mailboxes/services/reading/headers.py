"""The headers that transport looks at: the Message-ID, to recognise a message before its body is downloaded, and when
the message was received, where the server does not say.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from helpdesk.lib.text import clean_line

MAX_SCAN_BYTES = 256 * 1024  # as much as a connector gives of a header block
MAX_CHARS = 998

_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"^message-id[ \t]*:[ \t]*(?:\r?\n[ \t]+)*<?([^<>\s]+)>?", re.IGNORECASE | re.MULTILINE)
_RECEIVED = re.compile(rb"^received[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_DATE = re.compile(rb"^date[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


def message_id_of(content: bytes) -> str:
    """The first Message-ID of a message or header block, without brackets; empty when there is none."""
    head = header_block(content)
    found = _FIELD.search(head)
    return clean_line(found.group(1).decode("utf-8", "replace"))[:MAX_CHARS] if found else ""


def header_block(content: bytes) -> bytes:
    """What stands before the first empty line, at most MAX_SCAN_BYTES."""
    end = _END.search(content, 0, MAX_SCAN_BYTES)
    return content[: end.end() if end else MAX_SCAN_BYTES]


def head_sha256(content: bytes) -> str:
    """The hash of what a server gives for the header alone: to the empty line, which is part of it."""
    head, end, _ = content.partition(b"\r\n\r\n")
    return hashlib.sha256(head + end).hexdigest()


def received_at_of(content: bytes) -> datetime | None:
    """When the last server received the message (aware UTC): the date of its topmost Received field, else of Date.

    RFC 5322 section 3.6.7: the date stands behind the last semicolon. None when neither can be read.
    """
    head = header_block(content)
    for field, value_from in ((_RECEIVED, b";"), (_DATE, b"")):
        found = field.search(head)
        if found:
            value = found.group(1).rpartition(value_from)[2] if value_from else found.group(1)
            moment = _moment(value)
            if moment is not None:
                return moment
    return None


def _moment(value: bytes) -> datetime | None:
    try:
        moment = parsedate_to_datetime(" ".join(value.decode("ascii", "replace").split())[:200])
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
