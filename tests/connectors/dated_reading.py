"""Reading from the kinds that are listed by date, Graph and Exchange Web Services: mails, and what a session shows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from mailboxes.connectors.base import Fetched, RemoteItem, SourceSession
from mailboxes.connectors.errors import ConnectorError
from tests.connectors.ews_worlds import EwsWorld
from tests.connectors.graph_worlds import GraphWorld

DatedWorld = GraphWorld | EwsWorld
MB = 1024 * 1024
NINE = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)
USER = "help@fernhollow.example"


def mail(number: int = 1, text: bytes = b"hello") -> bytes:
    """A plain mail, told by its number."""
    return b"Message-ID: <m%d@x.example>\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, number, text)


def listed(session: SourceSession, since: dt.datetime | None = None) -> list[RemoteItem]:
    """All that the folder shows."""
    return list(session.list_all(since=since))


def fetched(world: DatedWorld, *, max_bytes: int = MB, **changes: Any) -> list[Fetched]:
    """What a whole listing brings. changes: of the source."""
    with world.source(**changes).open() as session:
        return list(session.fetch(listed(session), max_bytes=max_bytes))


def refusal(world: DatedWorld, **changes: Any) -> ConnectorError:
    """Why nothing can be listed. changes: of the source."""
    with pytest.raises(ConnectorError) as caught, world.source(**changes).open() as session:
        listed(session)
    return caught.value
