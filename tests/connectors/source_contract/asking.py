"""On which kinds a row runs, and what it asks of a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.connectors.base import AfterImport, Order, RemoteItem, Source, SourceSession, Traits, is_numbered
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError
from tests.connectors.worlds import SOURCE_WORLDS, traits
from tests.servers.dovecot import StoredMail

QUICK = Timeouts(connect_s=5, read_s=1)
BRIEF = Timeouts(connect_s=5, read_s=0.3)  # for lines that never answer: whoever gives up early is right
MB = 1024 * 1024


def kinds(is_meant: Callable[[Traits], bool] = lambda _traits: True) -> pytest.MarkDecorator:
    """The test runs on a world of each kind whose Traits are meant."""
    return pytest.mark.parametrize("world", [kind for kind in SOURCE_WORLDS if is_meant(traits(kind))], indirect=True)


each_kind = pytest.mark.parametrize(
    "world", [row for row in SOURCE_WORLDS if "+" not in row], indirect=True
)  # opened one way
numbered = kinds(lambda traits: traits.order is Order.NUMBERS)
dated = kinds(lambda traits: traits.order is not Order.NONE)
fingerprinted = kinds(lambda traits: traits.order is not Order.DATES)
marking = kinds(lambda traits: AfterImport.SEEN in traits.after_import)
moving = kinds(lambda traits: AfterImport.MOVE in traits.after_import)
with_folders = kinds(lambda traits: traits.has_folders)
with_junk = kinds(lambda traits: traits.has_junk)
with_sent = kinds(lambda traits: traits.has_sent)


def mail(number: int = 1, text: bytes = b"hello") -> bytes:
    return b"Message-ID: <m%d@x.example>\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, number, text)


def listed(session: SourceSession) -> list[RemoteItem]:
    return list(session.list_all(since=None))


def ids(session: SourceSession) -> list[str]:
    return [item.remote_id for item in listed(session)]


def new_ids(session: SourceSession, *, cursor: int, rescan: int = 0) -> list[int]:
    assert is_numbered(session)
    return [int(item.remote_id) for item in session.list_new(cursor=cursor, rescan=rescan)]


def flags(stored: StoredMail) -> set[str]:
    """The flags that mean something: \\Recent is the server's own and gone in RFC 9051."""
    return set(stored.flags - {"\\Recent"})


def read_all(source: Source) -> list[bytes | None]:
    with source.open() as session:
        results = list(session.fetch(listed(session), max_bytes=MB))
    for result in results:
        if result.error is not None:
            raise result.error
    return [result.content for result in results]


def error_of(attempt: object) -> ConnectorError:
    assert isinstance(attempt, ConnectorError)
    return attempt
