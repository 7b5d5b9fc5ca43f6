"""Folders of a mailbox of Microsoft 365: a tree of names that people may rename, behind ids that stay.

A folder is told by its path, `INBOX/Support`, since people read it in forms; there is no look-up by path, so the tree
is walked level by level. INBOX is the inbox whatever the mailbox's language calls it.
https://learn.microsoft.com/graph/api/resources/mailfolder
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment

INBOX = "INBOX"
DELIMITER = "/"
SENT_ITEMS = "sentitems"
DELETED_ITEMS = "deleteditems"
DRAFTS = "drafts"
JUNK_EMAIL = "junkemail"
MAX_FOLDERS = 2000
MAX_DEPTH = 30
_USES = {SENT_ITEMS: "sent", JUNK_EMAIL: "junk", DELETED_ITEMS: "trash", DRAFTS: "drafts", "archive": "archive"}
_FIELDS = "id,displayName,childFolderCount,totalItemCount"


@dataclass(frozen=True)
class GraphFolder:
    """One folder as it was found."""

    id: str
    name: str  # as displayed, in the mailbox's language
    count: int  # items of all kinds, mails or not
    children: int

    @property
    def epoch(self) -> str:
        """Tells the folder from another one that is made later under the same path."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]


def inbox(client: GraphClient) -> GraphFolder:
    """The mailbox's inbox."""
    return well_known(client, "inbox")


def well_known(client: GraphClient, name: str) -> GraphFolder:
    """The folder that has this name in every language. Raises FOLDER_NOT_FOUND."""
    try:
        return _folder(client.json("GET", f"/mailFolders/{name}", params={"$select": _FIELDS}))
    except ConnectorError as error:
        raise _missing(error) from error


def found(client: GraphClient, path: str) -> GraphFolder:
    """The folder at the path. Raises ConnectorError FOLDER_NOT_FOUND."""
    first, delimiter, rest = path.partition(DELIMITER)
    if first.strip().casefold() == INBOX.casefold():
        top = inbox(client)
        folder = _below(client, top, rest, depth=1) if delimiter else top
    else:
        folder = _below(client, None, path, depth=0)
    if folder is None:
        raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)
    return folder


def tree(client: GraphClient) -> list[FolderInfo]:
    """Every folder by its path, parents first; the inbox as INBOX."""
    inbox_id = inbox(client).id
    uses = {_known_id(client, name): use for name, use in _USES.items()}
    folders = []
    for path, folder in _walk(client, None, prefix="", inbox_id=inbox_id, depth=0):
        folders.append(FolderInfo(name=path, delimiter=DELIMITER, special_use=uses.get(folder.id, "")))
        if len(folders) >= MAX_FOLDERS:
            break
    return folders


def _known_id(client: GraphClient, name: str) -> str:
    try:
        return well_known(client, name).id
    except ConnectorError as error:
        if error.reason is Reason.FOLDER_NOT_FOUND:
            return ""
        raise


def _walk(
    client: GraphClient, parent: GraphFolder | None, *, prefix: str, inbox_id: str, depth: int
) -> Iterator[tuple[str, GraphFolder]]:
    for folder in _children(client, parent):
        name = INBOX if folder.id == inbox_id else folder.name
        path = f"{prefix}{DELIMITER}{name}" if prefix else name
        yield path, folder
        if folder.children and depth < MAX_DEPTH:
            yield from _walk(client, folder, prefix=path, inbox_id=inbox_id, depth=depth + 1)


def _below(client: GraphClient, parent: GraphFolder | None, path: str, *, depth: int) -> GraphFolder | None:
    """The folder at the path below `parent`. Names may themselves hold the delimiter."""
    if not path or depth > MAX_DEPTH:
        return None
    for folder in _children(client, parent):
        name = folder.name.casefold()
        if path.casefold() == name:
            return folder
        if folder.children and path.casefold().startswith(name + DELIMITER):
            deeper = _below(client, folder, path[len(name) + 1 :], depth=depth + 1)
            if deeper is not None:
                return deeper
    return None


def _children(client: GraphClient, parent: GraphFolder | None) -> list[GraphFolder]:
    path = f"/mailFolders/{segment(parent.id)}/childFolders" if parent else "/mailFolders"
    folders: list[GraphFolder] = []
    for page in client.pages(path, params={"$select": _FIELDS, "$top": "200"}):
        folders.extend(_folder(value) for value in page.get("value", ()))
        if len(folders) >= MAX_FOLDERS:
            break
    return folders


def _folder(value: dict[str, Any]) -> GraphFolder:
    try:
        return GraphFolder(
            id=str(value["id"]),
            name=str(value.get("displayName", "")),
            count=int(value.get("totalItemCount") or 0),
            children=int(value.get("childFolderCount") or 0),
        )
    except (KeyError, TypeError, ValueError):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a folder without an id") from None


def _missing(error: ConnectorError) -> ConnectorError:
    """Graph calls a folder that is gone an item that is gone."""
    if error.reason is not Reason.MESSAGE_GONE:
        return error
    return ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True, detail=error.detail)
