"""An Exchange server through Exchange Web Services as a source of mail: on-premises first. One call at a time.

Ids are item ids without change key, which changes with every mark. They hold inside their folder: a message that is
moved away and back has another id then, and is known again by its bytes. The received date narrows the listing.
Exchange Online ends Exchange Web Services on 2027-04-01; Microsoft Graph is the way there.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from mailboxes.connectors import ews_acknowledging, ews_fetching, ews_folders, ews_junk, ews_listing
from mailboxes.connectors.base import AfterImport, Fetched, FolderInfo, FolderState, Order, RemoteItem
from mailboxes.connectors.config import EwsConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient, connected
from mailboxes.connectors.ews_folders import SENT_ITEMS, EwsFolder
from mailboxes.connectors.ews_operations import CreateItem, element, extended
from mailboxes.connectors.junk import JunkFound, JunkQuery
from mailboxes.connectors.keeping import Keeper
from mailboxes.connectors.message_ids import check_message_id, message_id_of

_FLAGS, _SENT_AND_READ = "0x0E07 Integer", "1"  # PidTagMessageFlags: without it what is saved is a draft


class EwsSession:
    """One folder of one mailbox."""

    order = Order.DATES

    def __init__(self, client: EwsClient, folder: EwsFolder, *, writable: bool) -> None:
        self._client = client
        self._writable = writable
        self._folder = folder
        self.state = FolderState(epoch=folder.epoch, fingerprint="", highest_id=None, count=folder.count)

    def list_all(self, *, since: datetime | None) -> Iterator[RemoteItem]:
        """Every item received at or after `since`, oldest first; what is no mail says so."""
        return ews_listing.items_since(self._client, self._folder, since=since)

    def count_since(self, since: datetime) -> int:
        """How many items were received at or after `since`."""
        return ews_listing.count_since(self._client, self._folder, since=since)

    def still_there(self, remote_ids: Sequence[str]) -> set[str]:
        """Which of these the folder holds."""
        return ews_fetching.present(self._client, self._folder, remote_ids)

    def fetch(self, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
        """Each item's bytes in the given order; in memory is one message."""
        return ews_fetching.messages(self._client, self._folder, items, max_bytes=max_bytes)

    def fetch_headers(self, remote_ids: Sequence[str]) -> Mapping[str, bytes]:
        """The header block of each message that is still there, at most 256 kB each."""
        return ews_fetching.header_blocks(self._client, self._folder, remote_ids)

    def acknowledge(
        self, remote_ids: Sequence[str], *, action: AfterImport, folder: str = ""
    ) -> Mapping[str, ConnectorError | None]:
        """The action is done for each id, or the error says why not. DELETE moves to Deleted Items."""
        if not self._writable and action is not AfterImport.LEAVE:
            raise ConnectorError(Reason.FOLDER_READ_ONLY, permanent=True)
        return ews_acknowledging.acknowledge(self._client, self._folder, remote_ids, action=action, target=folder)


@dataclass(frozen=True)
class EwsSource:
    """A mailbox of an Exchange server and the folder new mail is taken from."""

    config: EwsConfig
    keeper: Keeper | None = None

    @property
    def identity(self) -> object:
        """The account and the way to it; whose mailbox it is stands in each call."""
        return self.config.login

    def kept_by(self, keeper: Keeper) -> EwsSource:
        """The same mailbox, its connection kept signed in; not one that is recorded: a record begins with it."""
        return self if self.config.login.recorder is not None else replace(self, keeper=keeper)

    @contextmanager
    def open(self, *, writable: bool = False) -> Iterator[EwsSession]:
        """A session on the configured folder; read-only unless `writable`, which no server watches over here."""
        with connected(self.config, keeper=self.keeper) as client:
            yield EwsSession(client, ews_folders.found(client, self.config.folder), writable=writable)

    def folders(self) -> Sequence[FolderInfo]:
        """The folders of the mailbox that hold mail, by path."""
        with connected(self.config) as client:
            return ews_folders.tree(client)

    def file_sent(self, content: bytes) -> str:
        """The message is in Sent Items, read and no draft, once; gives the folder's name."""
        with connected(self.config) as client:
            sent = ews_folders.well_known(client, SENT_ITEMS)
            message_id = message_id_of(content)
            if not message_id or not ews_listing.ids_of(client, sent, message_id=message_id):
                _file(client, sent, content)
            return sent.name

    def find_in_sent(self, message_id: str, *, folder: str = "") -> bool:
        """True if a mail with this Message-ID (no brackets) is in `folder`, else in Sent Items. False proves nothing.

        Raises BAD_ARGUMENT for an id that no filter can hold.
        """
        check_message_id(message_id)
        with connected(self.config) as client:
            place = ews_folders.found(client, folder) if folder else ews_folders.well_known(client, SENT_ITEMS)
            return bool(ews_listing.ids_of(client, place, message_id=message_id))

    def find_in_junk(self, query: JunkQuery) -> JunkFound:
        """The sender's mails in Junk Email. Raises ConnectorError: FOLDER_NOT_FOUND, BAD_ARGUMENT."""
        query.spellings()
        with connected(self.config) as client:
            return ews_junk.find(client, query)


def _file(client: EwsClient, folder: EwsFolder, content: bytes) -> None:
    mime = element("t:MimeContent", text=base64.b64encode(content).decode(), CharacterSet="UTF-8")
    flags = extended(_FLAGS, _SENT_AND_READ)
    message = element("t:Message", mime, flags, element("t:IsRead", text="true"))
    target = element("m:SavedItemFolderId", ews_folders.folder_id(folder))
    question = element("m:CreateItem", target, element("m:Items", message), MessageDisposition="SaveOnly")
    client.ask_one(CreateItem, question)
