"""IMAP as a source of mail: RFC 9051 and 3501, with what servers really do.

A session is one connection on one folder; where there is a keeper, it may be one that was kept, and be kept again. The
Source's other methods open a short connection of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from mailboxes.connectors import imap_acknowledging, imap_fetching, imap_junk, imap_listing
from mailboxes.connectors.base import AfterImport, Fetched, FolderInfo, FolderState, Order, RemoteItem, Traits
from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_client import ImapClient, signed_in
from mailboxes.connectors.imap_errors import errors_translated
from mailboxes.connectors.imap_folder import OpenFolder
from mailboxes.connectors.imap_folders import sent_folder
from mailboxes.connectors.junk import JunkFound, JunkQuery
from mailboxes.connectors.keeping import Keeper
from mailboxes.connectors.wire import refuse_control_characters

_MESSAGE_ID = re.compile(r"[!-~]{1,900}")  # what can stand in a SEARCH unquoted and unharmed, quotes apart
_MESSAGE_ID_FIELD = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE)
_HEADER_SCAN_BYTES = 256 * 1024

TRAITS = Traits(
    order=Order.NUMBERS,
    after_import=frozenset(AfterImport),
    has_folders=True,
    has_sent=True,
    has_junk=True,
    has_idle=True,
)


class ImapSession:
    """One open folder. A message that cannot be had is an error in its own Fetched; the session goes on.

    A lost connection is made again for the next message or call, a few times a session; CONNECTION_LOST is raised when
    that fails or the folder has another UIDVALIDITY by then.
    """

    order = Order.NUMBERS

    def __init__(self, folder: OpenFolder) -> None:
        self._folder = folder
        self._ids: set[str] | None = None
        self.state: FolderState = folder.state

    def list_new(self, *, cursor: int, rescan: int) -> Iterator[RemoteItem]:
        """Items with an id above `cursor - rescan`, ascending."""
        return imap_listing.items_above(self._folder, cursor=cursor, rescan=rescan)

    def list_all(self, *, since: datetime | None) -> Iterator[RemoteItem]:
        """Every item received at or after `since`, ascending."""
        return imap_listing.items_since(self._folder, since=since)

    def count_since(self, since: datetime) -> int:
        """How many messages were received at or after `since`; only the days around it are looked at one by one."""
        return imap_listing.count_since(self._folder, since=since)

    def list_ids(self) -> Iterator[int]:
        """The ids of everything in the folder, ascending."""
        return imap_listing.ids(self._folder)

    def still_there(self, remote_ids: Sequence[str]) -> set[str]:
        """Which of these the folder holds; the server is asked once a session."""
        if self._ids is None:
            self._ids = {str(number) for number in self.list_ids()}
        return self._ids.intersection(remote_ids)

    def fetch(self, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
        """Each item's bytes in the given order; in memory is one message or a batch of about 4 MB."""
        return imap_fetching.messages(self._folder, items, max_bytes=max_bytes)

    def fetch_headers(self, remote_ids: Sequence[str]) -> Mapping[str, bytes]:
        """The header block of each message that is still there, at most 256 kB each."""
        return imap_fetching.header_blocks(self._folder, remote_ids)

    def acknowledge(
        self, remote_ids: Sequence[str], *, action: AfterImport, folder: str = ""
    ) -> Mapping[str, ConnectorError | None]:
        """The action is done for each id, or the error says why not; NOT_EXPUNGED: marked as deleted, still there."""
        return imap_acknowledging.acknowledge(self._folder, remote_ids, action=action, target=folder)


@dataclass(frozen=True)
class ImapSource:
    """An IMAP account and the folder new mail is taken from."""

    config: ImapConfig
    keeper: Keeper | None = None

    @property
    def identity(self) -> object:
        """The account and the way to it; the folder is chosen anew by each session."""
        return self.config.login

    def kept_by(self, keeper: Keeper) -> ImapSource:
        """The same account; a connection whose session went well is kept instead of logged out.

        One that is recorded is not: a record begins with its connection.
        """
        return self if self.config.login.recorder is not None else replace(self, keeper=keeper)

    @contextmanager
    def open(self, *, writable: bool = False) -> Iterator[ImapSession]:
        """A session on the configured folder; read-only (EXAMINE) unless `writable`; kept or logged out at the end."""
        folder = OpenFolder(self.config, writable=writable, keeper=self.keeper)
        try:
            yield ImapSession(folder)
            folder.rest()
        finally:
            folder.close()

    def folders(self) -> Sequence[FolderInfo]:
        """The folders of the account."""
        with self._client() as client:
            return client.folders()

    def file_sent(self, content: bytes) -> str:
        """The message is in the Sent folder, once and marked as read; gives the folder's name.

        A message with the same Message-ID there is taken for this one. Raises ConnectorError: FOLDER_NOT_FOUND,
        TOO_LARGE (the server's APPENDLIMIT, RFC 7889).
        """
        with self._client() as client:
            name = _sent_name(client)
            found = _MESSAGE_ID_FIELD.search(content[:_HEADER_SCAN_BYTES].split(b"\r\n\r\n", 1)[0])
            if found and _holds(client, name, message_id=found.group(1).decode("ascii", "replace")):
                return name
            limit_bytes = client.append_limit_bytes(name)
            if limit_bytes is not None and len(content) > limit_bytes:
                raise ConnectorError(Reason.TOO_LARGE, permanent=True)
            with client.folder_refusals_translated():
                client.append(name, content, flags=(rb"\Seen",))
            return name

    def find_in_sent(self, message_id: str, *, folder: str = "") -> bool:
        """True if a message with exactly this Message-ID (no brackets) is in `folder`, else Sent. False proves nothing.

        Raises BAD_ARGUMENT for an id that a search cannot hold: anything but visible ASCII without quotes.
        """
        if not _MESSAGE_ID.fullmatch(message_id) or '"' in message_id or "\\" in message_id:
            raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)
        refuse_control_characters(folder)
        with self._client() as client:
            return _holds(client, folder or _sent_name(client), message_id=message_id)

    def find_in_junk(self, query: JunkQuery) -> JunkFound:
        """The sender's mails in the folder for spam, found by special use, then by name. Nothing is marked.

        Raises ConnectorError: FOLDER_NOT_FOUND, BAD_ARGUMENT.
        """
        query.spellings()
        with self._client() as client:
            return imap_junk.find(client, query)

    @contextmanager
    def _client(self) -> Iterator[ImapClient]:
        with signed_in(self.config.login) as client, errors_translated(self.config.login):
            yield client


def _sent_name(client: ImapClient) -> str:
    found = sent_folder(client.folders())
    if found is None:
        raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)
    return found.name


def _holds(client: ImapClient, folder: str, *, message_id: str) -> bool:
    """HEADER finds parts of words, and some servers less than that: what it finds is compared with the real field."""
    if not _MESSAGE_ID.fullmatch(message_id) or '"' in message_id or "\\" in message_id:
        return False
    client.open_folder(folder, writable=False)
    return message_id.encode() in client.message_ids_like(message_id)
