"""POP3 as a source of mail: RFC 1939 and 2449, with what servers really do.

A session is one connection that holds the maildrop. Nothing is asked of the server that changes it, but DELE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from mailboxes.connectors.alone import failed, fetched_alone
from mailboxes.connectors.base import AfterImport, Fetched, FolderInfo, FolderState, Order, RemoteItem, Traits
from mailboxes.connectors.config import Pop3Config
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.junk import JunkFound, JunkQuery
from mailboxes.connectors.pop3_maildrop import OpenMaildrop

MAX_HEADER_BYTES = 256 * 1024
_FOR_ALL = frozenset(  # refusals that the next message would meet as well
    {
        Reason.THROTTLED,
        Reason.TOO_MANY_CONNECTIONS,
        Reason.MAILDROP_IN_USE,
        Reason.LOGIN_REFUSED,
        Reason.LOGIN_DISABLED,
    }
)

TRAITS = Traits(
    order=Order.NONE,
    after_import=frozenset({AfterImport.LEAVE, AfterImport.DELETE}),
    has_folders=False,
    has_sent=False,
    session_s=30.0,
)


class Pop3Session:
    """The open maildrop. A message that cannot be had is an error in its own Fetched; the session goes on."""

    order = Order.NONE

    def __init__(self, maildrop: OpenMaildrop, *, writable: bool) -> None:
        self._maildrop = maildrop
        self._writable = writable
        self.state: FolderState = maildrop.state

    def list_all(self, *, since: datetime | None) -> Iterator[RemoteItem]:
        """Everything, in the order of the maildrop; POP3 tells no dates, so that `since` narrows nothing."""
        del since
        for name in self._maildrop.names:
            yield RemoteItem(name, size_bytes=self._maildrop.size_bytes(name), received_at=None)

    def count_since(self, since: datetime) -> None:
        """POP3 tells no dates."""
        del since

    def still_there(self, remote_ids: Sequence[str]) -> set[str]:
        """Which of these the maildrop holds, as it was seen when the connection was made."""
        return set(filter(self._maildrop.holds, remote_ids))

    def fetch(self, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
        """Each item's bytes in the given order; in memory is one message."""
        for item in items:
            if item.size_bytes is not None and item.size_bytes > max_bytes:
                yield failed(item, Reason.TOO_LARGE, permanent=True)
            else:
                yield self._fetched(item, max_bytes=max_bytes)

    def fetch_headers(self, remote_ids: Sequence[str]) -> Mapping[str, bytes]:
        """The header block of each message that is still there, at most 256 kB each."""
        found: dict[str, bytes] = {}
        for name in remote_ids:
            text = self._maildrop.header(name, max_bytes=MAX_HEADER_BYTES)
            if text is not None:
                header, blank, _ = text.content.partition(b"\r\n\r\n")
                found[name] = (header + blank)[:MAX_HEADER_BYTES]
        return found

    def acknowledge(
        self, remote_ids: Sequence[str], *, action: AfterImport, folder: str = ""
    ) -> Mapping[str, ConnectorError | None]:
        """DELETE: what is None was removed, for the server has answered QUIT. POP3 can neither mark nor move."""
        del folder
        if action is AfterImport.LEAVE:
            return dict.fromkeys(remote_ids)
        if action is not AfterImport.DELETE:
            return dict.fromkeys(remote_ids, ConnectorError(Reason.BAD_ARGUMENT, permanent=True))
        if not self._writable:
            raise ConnectorError(Reason.FOLDER_READ_ONLY, permanent=True)
        return self._maildrop.delete(remote_ids)

    def _fetched(self, item: RemoteItem, *, max_bytes: int) -> Fetched:
        # Refused: perhaps another program removed it, and the next session will not list it then.
        return fetched_alone(item, lambda: self._read(item, max_bytes=max_bytes), for_all=_FOR_ALL)

    def _read(self, item: RemoteItem, *, max_bytes: int) -> Fetched:
        text = self._maildrop.retrieve(item.remote_id, max_bytes=max_bytes)
        if text is None:
            return failed(item, Reason.MESSAGE_GONE, permanent=True)
        if not text.is_whole:
            return failed(item, Reason.TOO_LARGE, permanent=True)
        return Fetched(remote_id=item.remote_id, content=text.content)


@dataclass(frozen=True)
class Pop3Source:
    """A POP3 account."""

    config: Pop3Config

    @contextmanager
    def open(self, *, writable: bool = False) -> Iterator[Pop3Session]:
        """A session on the maildrop. Whatever goes wrong inside, the server is not told that it ended well."""
        maildrop = OpenMaildrop(self.config)
        try:
            yield Pop3Session(maildrop, writable=writable)
        except BaseException:
            maildrop.drop()
            raise
        maildrop.leave()

    def folders(self) -> Sequence[FolderInfo]:
        """The one place there is."""
        return [FolderInfo(name="INBOX", delimiter="")]

    def file_sent(self, content: bytes) -> str:
        """Raises FOLDER_NOT_FOUND: POP3 has no folder for sent mail."""
        del content
        raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)

    def find_in_junk(self, query: JunkQuery) -> JunkFound:
        """There is but one place for mail here. Raises ConnectorError FOLDER_NOT_FOUND."""
        del query
        raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)

    def find_in_sent(self, message_id: str, *, folder: str = "") -> bool:
        """False, which proves nothing: there is no folder for sent mail."""
        del message_id, folder
        return False
