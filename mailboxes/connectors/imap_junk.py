"""Mails of one sender in the folder for spam, over IMAP: opened for reading alone (EXAMINE), its texts peeked at.

FROM finds parts of addresses, and some servers words of them: what it finds is compared with the real field. No CHARSET
is ever named (F70), so where the sender has no spelling in ASCII the days alone narrow the search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_answers import fetched_texts, listed_items, searched_ids, uid_set
from mailboxes.connectors.imap_client import ImapClient
from mailboxes.connectors.imap_folders import junk_folder
from mailboxes.connectors.imap_listing import days
from mailboxes.connectors.imap_protocol import quoted
from mailboxes.connectors.junk import MAX_FOUND, JunkFound, JunkMail, JunkQuery, found_in

MAX_LOOKED_AT = 200  # of those that the search names, the newest
_FIELDS = "(UID BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])"
_FOLD = re.compile(rb"\r?\n[ \t]+")
_SUBJECT_CHARS = 200


def find(client: ImapClient, query: JunkQuery) -> JunkFound:
    """What lies there. Raises ConnectorError: FOLDER_NOT_FOUND, BAD_ARGUMENT."""
    spellings = query.spellings()
    folder = junk_folder(client.folders())
    if folder is None:
        raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)
    state = client.open_folder(folder.name, writable=False)
    uids = _searched(client, spellings[0], query)[-MAX_LOOKED_AT:] if state.count else []
    subjects = _subjects(client, uids, spellings) if uids else {}
    near = sorted(subjects)[-MAX_LOOKED_AT:]
    received = _received(client, near) if near else {}
    mails = [JunkMail(received[uid], subjects[uid]) for uid in reversed(near) if _is_meant(received[uid], query)]
    return found_in(folder.name, mails[: MAX_FOUND + 1])


def _searched(client: ImapClient, spelling: str, query: JunkQuery) -> list[int]:
    by_days = days(query.since, query.before)
    by_sender = ("FROM", quoted(spelling)) if spelling.isascii() else ()
    try:
        return searched_ids(client.untagged("UID", "SEARCH", *by_sender, *by_days, name="SEARCH"))
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        if not by_sender:
            raise
        return searched_ids(client.untagged("UID", "SEARCH", *by_days, name="SEARCH"))


def _subjects(client: ImapClient, uids: Sequence[int], spellings: Sequence[str]) -> dict[int, str]:
    """Of those that the sender has written."""
    answers = client.untagged("UID", "FETCH", uid_set(uids), _FIELDS, name="FETCH")
    found = {}
    for uid, text in fetched_texts(answers, wanted=b"BODY[HEADER.FIELDS").items():
        fields = _fields(text or b"")
        if any(address.lower() in spellings for _name, address in getaddresses([fields.get("from", "")])):
            found[uid] = _decoded(fields.get("subject", ""))[:_SUBJECT_CHARS]
    return found


def _received(client: ImapClient, uids: Sequence[int]) -> dict[int, datetime | None]:
    items = listed_items(client.untagged("UID", "FETCH", uid_set(uids), "(UID RFC822.SIZE INTERNALDATE)", name="FETCH"))
    return {uid: items[uid].received_at if uid in items else None for uid in uids}


def _is_meant(received_at: datetime | None, query: JunkQuery) -> bool:
    return received_at is None or query.since <= received_at <= query.before


def _fields(text: bytes) -> dict[str, str]:
    lines = _FOLD.sub(b" ", text).decode("utf-8", "replace").splitlines()
    return {name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value
