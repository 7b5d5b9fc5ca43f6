"""Whether a test mail is among what came lately, known by its Message-ID or by the mark in its header or its subject.

Some providers write a Message-ID of their own when mail leaves, and some drop headers they do not know, so that a
search for ours would find nothing.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from helpdesk.lib import clock
from mailboxes.connectors.base import Source
from mailboxes.connectors.message_ids import message_id_of

MARK_HEADER = "X-Postroom-Check"
LATEST = 20  # messages that are looked at
_LATELY = timedelta(days=1)  # clocks of servers differ
_IN_SUBJECT = re.compile(r"\[postroom-check:\s*([\w.]{1,200})\]", re.ASCII | re.IGNORECASE)
_MARK = re.compile(rb"^x-postroom-check:[ \t]*(?:\r?\n[ \t]+)?(\S{1,200})", re.IGNORECASE | re.MULTILINE)


def arrival_in(source: Source) -> Callable[[bytes], bool]:
    """Tells whether this test mail is in the source's folder; asks for the headers of each message once.

    What it gives may raise ConnectorError. Only headers are asked for: some servers count a fetched mail as read.
    """
    seen: set[str] = set()

    def has_arrived(mail: bytes) -> bool:
        wanted = _names(mail)
        with source.open() as session:
            listed = session.list_all(since=clock.now() - _LATELY)
            latest = deque((item.remote_id for item in listed), maxlen=LATEST)
            found = session.fetch_headers([name for name in latest if name not in seen])
        seen.update(found)
        return any(wanted & _names(header) for header in found.values())

    return has_arrived


def _names(mail: bytes) -> set[bytes]:
    """The Message-ID and the mark of a mail, as far as its header has them."""
    header = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    mark, in_subject = _MARK.search(header), _IN_SUBJECT.search(_subject(header))
    names = {message_id_of(header).encode(), mark[1] if mark else b"", in_subject[1].encode() if in_subject else b""}
    return names - {b""}


def _subject(header: bytes) -> str:
    written = message_from_bytes(header).get("Subject", "")
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, ValueError):  # whatever stands in other people's mail
        return ""
