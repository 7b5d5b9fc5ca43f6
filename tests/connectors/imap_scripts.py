"""Answers of IMAP servers and what our side makes of them, for the tests with scripted servers."""

from __future__ import annotations

import pytest

from mailboxes.connectors.base import Fetched, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from tests.connectors.configs import imap
from tests.connectors.scripted import ScriptedImap

ITEMS = [RemoteItem(str(uid), 5, None) for uid in (1, 2, 3)]
BATCH = "UID FETCH 1:3 (UID BODY.PEEK[])"


def body(uid: int, text: bytes = b"hello") -> bytes:
    """The answer that brings a message."""
    return b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(text), text)


def alone(uid: int) -> str:
    """The command for one message."""
    return f"UID FETCH {uid} (UID BODY.PEEK[])"


def fetched(server: ScriptedImap, *, items: list[RemoteItem] = ITEMS, max_bytes: int = 1000) -> list[Fetched]:
    """What a session gets of these items."""
    with ImapSource(imap(server.port)).open() as session:
        return list(session.fetch(items, max_bytes=max_bytes))


def outcomes(results: list[Fetched]) -> list[bytes | Reason | None]:
    """Content or reason of each."""
    return [result.error.reason if result.error else result.content for result in results]


def refused(server: ScriptedImap) -> ConnectorError:
    """Why no session came about."""
    with pytest.raises(ConnectorError) as error, ImapSource(imap(server.port)).open():
        pass
    return error.value
