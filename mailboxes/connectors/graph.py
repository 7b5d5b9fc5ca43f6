"""Microsoft 365 through Microsoft Graph as a source of mail. One call at a time, of the four that a mailbox allows.

Ids are immutable ones, so a message keeps its id when it is moved and comes back; they are names, and the received date
narrows the listing. https://learn.microsoft.com/graph/throttling-limits
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from mailboxes.connectors import graph_acknowledging, graph_fetching, graph_folders, graph_junk, graph_listing
from mailboxes.connectors.base import AfterImport, Fetched, FolderInfo, FolderState, Order, RemoteItem, Traits
from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, connected, segment
from mailboxes.connectors.graph_folders import SENT_ITEMS, GraphFolder
from mailboxes.connectors.junk import JunkFound, JunkQuery
from mailboxes.connectors.keeping import Keeper
from mailboxes.connectors.message_ids import check_message_id, message_id_of

TRAITS = Traits(
    order=Order.DATES,
    after_import=frozenset(AfterImport),
    has_folders=True,
    has_sent=True,
    has_junk=True,
    files_sent=False,
    has_notifications=True,
)


class GraphSession:
    """One folder of one mailbox."""

    order = Order.DATES

    def __init__(self, client: GraphClient, folder: GraphFolder, *, writable: bool) -> None:
        self._client = client
        self._writable = writable
        self._folder = folder
        self._present: dict[str, bool] = {}
        self.state = FolderState(epoch=folder.epoch, fingerprint="", highest_id=None, count=folder.count)

    def list_all(self, *, since: datetime | None) -> Iterator[RemoteItem]:
        """Every item received at or after `since`, oldest first; chats among them say so."""
        return graph_listing.items_since(self._client, self._folder, since=since)

    def count_since(self, since: datetime) -> int:
        """How many items were received at or after `since`."""
        return graph_listing.count_since(self._client, self._folder, since=since)

    def still_there(self, remote_ids: Sequence[str]) -> set[str]:
        """Which of these the folder holds; each is asked for once a session."""
        for remote_id in remote_ids:
            if remote_id not in self._present:
                self._present[remote_id] = graph_fetching.present(self._client, self._folder, remote_id)
        return {remote_id for remote_id in remote_ids if self._present[remote_id]}

    def fetch(self, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
        """Each item's bytes in the given order; in memory is one message."""
        return graph_fetching.messages(self._client, self._folder, items, max_bytes=max_bytes)

    def fetch_headers(self, remote_ids: Sequence[str]) -> Mapping[str, bytes]:
        """The header block of each message that is still there, at most 256 kB each."""
        return graph_fetching.header_blocks(self._client, self._folder, remote_ids)

    def acknowledge(
        self, remote_ids: Sequence[str], *, action: AfterImport, folder: str = ""
    ) -> Mapping[str, ConnectorError | None]:
        """The action is done for each id, or the error says why not. DELETE moves to Deleted Items."""
        if not self._writable and action is not AfterImport.LEAVE:
            raise ConnectorError(Reason.FOLDER_READ_ONLY, permanent=True)
        return graph_acknowledging.acknowledge(self._client, self._folder, remote_ids, action=action, target=folder)


@dataclass(frozen=True)
class GraphSource:
    """A mailbox of Microsoft 365 and the folder new mail is taken from."""

    config: GraphConfig
    keeper: Keeper | None = None

    @property
    def identity(self) -> object:
        """The way to Graph; whose mailbox it is stands in each call, as does the token."""
        config = self.config
        return config.hosts, config.guard, config.timeouts, config.proxy, config.ca_file

    def kept_by(self, keeper: Keeper) -> GraphSource:
        """The same mailbox, its HTTPS connection kept; not one that is recorded: a record begins with it."""
        return self if self.config.recorder is not None else replace(self, keeper=keeper)

    @contextmanager
    def open(self, *, writable: bool = False) -> Iterator[GraphSession]:
        """A session on the configured folder; read-only unless `writable`, which no server watches over here."""
        with connected(self.config, keeper=self.keeper) as client:
            yield GraphSession(client, graph_folders.found(client, self.config.folder), writable=writable)

    def folders(self) -> Sequence[FolderInfo]:
        """The folders of the mailbox, by path."""
        with connected(self.config) as client:
            return graph_folders.tree(client)

    def file_sent(self, content: bytes) -> str:
        """The name of the folder in which Exchange filed what it sent itself.

        Raises ConnectorError: CANNOT_FILE for what left another way. Graph makes nothing but drafts of MIME.
        """
        with connected(self.config) as client:
            sent = graph_folders.well_known(client, SENT_ITEMS)
            if not ids_of(client, sent, message_id=message_id_of(content)):
                raise ConnectorError(Reason.CANNOT_FILE, permanent=True)
            return sent.name

    def find_in_sent(self, message_id: str, *, folder: str = "") -> bool:
        """True if a mail with this Message-ID (no brackets) is in `folder`, else in Sent Items. False proves nothing.

        Raises BAD_ARGUMENT for an id that no filter can hold.
        """
        check_message_id(message_id)
        with connected(self.config) as client:
            place = graph_folders.found(client, folder) if folder else graph_folders.well_known(client, SENT_ITEMS)
            return bool(ids_of(client, place, message_id=message_id))

    def find_in_junk(self, query: JunkQuery) -> JunkFound:
        """The sender's mails in Junk Email. Raises ConnectorError: FOLDER_NOT_FOUND, BAD_ARGUMENT."""
        query.spellings()
        with connected(self.config) as client:
            return graph_junk.find(client, query)


def ids_of(client: GraphClient, folder: GraphFolder, *, message_id: str) -> list[str]:
    """The ids of the mails in the folder that have this Message-ID."""
    quoted = message_id.replace("'", "''")
    params = {"$select": "id", "$filter": f"internetMessageId eq '<{quoted}>'", "$top": "10"}
    found = client.json("GET", f"/mailFolders/{segment(folder.id)}/messages", params=params)
    return [str(value["id"]) for value in found.get("value", ()) if "id" in value]
