"""What IMAP servers answer to FETCH and SEARCH, read message by message: one bad answer never spoils another (F1).

Pure functions over the lists that imaplib collects: a tuple for a line that ends in a literal, bytes for a plain one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from imapclient.datetime_util import parse_to_datetime
from imapclient.exceptions import IMAPClientError
from imapclient.response_parser import parse_response

from mailboxes.connectors.base import RemoteItem

MAX_UID = 2**32 - 1

_UID = re.compile(rb"[( ]UID (\d{1,10})(?=[ )])", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d{1,18})(?=[ )])", re.IGNORECASE)
_INTERNALDATE = re.compile(rb'[( ]INTERNALDATE "([^"]{1,64})"', re.IGNORECASE)


def listed_items(answers: Sequence[bytes | tuple[bytes, bytes]]) -> dict[int, RemoteItem]:
    """The messages a FETCH (UID RFC822.SIZE INTERNALDATE) named; a size or date that cannot be read is None."""
    found = {}
    for line in answers:
        if not isinstance(line, bytes):
            continue
        uid = _UID.search(line)
        if uid is None or not 1 <= int(uid.group(1)) <= MAX_UID:
            continue
        size, date = _SIZE.search(line), _INTERNALDATE.search(line)
        if size is None and int(uid.group(1)) in found:
            continue  # news of its flags, which servers put in between
        found[int(uid.group(1))] = RemoteItem(
            remote_id=str(int(uid.group(1))),
            size_bytes=int(size.group(1)) if size else None,
            received_at=_moment(date.group(1)) if date else None,
        )
    return found


def fetched_texts(answers: Sequence[bytes | tuple[bytes, bytes]], *, wanted: bytes) -> dict[int, bytes | None]:
    """The text of each message in a FETCH answer, by UID; None where the server said NIL.

    wanted: how the item's name begins in the answer, such as b"BODY[". Answers without a UID, without the item or
    outside the grammar are left out: whose text they hold is not known.
    """
    found: dict[int, bytes | None] = {}
    for group in answer_groups(answers):
        try:
            parsed = parse_response(group)
        except (IMAPClientError, ValueError, TypeError, AssertionError, RecursionError):
            continue  # imapclient raises all of these for answers outside the grammar
        attributes = _attributes(parsed)
        uid = attributes.get(b"UID")
        texts = [value for name, value in attributes.items() if name.startswith(wanted)]
        if isinstance(uid, int) and len(texts) == 1 and (texts[0] is None or isinstance(texts[0], bytes)):
            found[uid] = texts[0]
    return found


def searched_ids(answers: Sequence[bytes | tuple[bytes, bytes]]) -> list[int]:
    """The UIDs of SEARCH answers, ascending, each once; words that are no UID (MODSEQ) are passed over."""
    found: set[int] = set()
    for line in answers:
        if isinstance(line, bytes):
            numbers = line.split(b"(", 1)[0].split()
            found.update(int(number) for number in numbers if number.isdigit() and len(number) <= 10)
    return sorted(uid for uid in found if 1 <= uid <= MAX_UID)


def uid_set(uids: Sequence[int]) -> str:
    """The UIDs as a sequence set with ranges, `1:3,7`; they must ascend."""
    parts: list[str] = []
    first = previous = uids[0]
    for uid in [*uids[1:], None]:
        if uid is not None and uid == previous + 1:
            previous = uid
            continue
        parts.append(str(first) if first == previous else f"{first}:{previous}")
        if uid is not None:
            first = previous = uid
    return ",".join(parts)


def answer_groups(answers: Sequence[bytes | tuple[bytes, bytes]]) -> Iterator[list[bytes | tuple[bytes, bytes]]]:
    """The parts of one untagged answer together: lines with literals, then the plain line that ends it."""
    group: list[bytes | tuple[bytes, bytes]] = []
    for part in answers:
        group.append(part)
        if isinstance(part, bytes):
            yield group
            group = []


def _attributes(parsed: tuple[object, ...]) -> dict[bytes, object]:
    """Name to value of `(sequence number, (name, value, …))`; empty for any other shape."""
    if len(parsed) != 2 or not isinstance(parsed[1], tuple) or len(parsed[1]) % 2:
        return {}
    names = parsed[1][::2]
    if not all(isinstance(name, bytes) for name in names):
        return {}
    return {name.upper(): value for name, value in zip(names, parsed[1][1::2], strict=True)}


def _moment(text: bytes) -> datetime | None:
    """INTERNALDATE as aware UTC; None if it is none."""
    try:
        moment: datetime = parse_to_datetime(text, normalise=False)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
