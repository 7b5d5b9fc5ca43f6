"""Folders of an Exchange mailbox: a tree of names that people may rename, behind ids that stay.

A folder is told by its path, `INBOX/Support`, since people read it in forms. The whole tree comes in one question.
INBOX is the inbox whatever the mailbox's language calls it.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient
from mailboxes.connectors.ews_operations import TYPES, Element, FindFolder, GetFolder, element, id_of, shape, text_of

INBOX = "INBOX"
DELIMITER = "/"
SENT_ITEMS = "sentitems"
DELETED_ITEMS = "deleteditems"
DRAFTS = "drafts"
JUNK_EMAIL = "junkemail"
MAX_FOLDERS = 2000
PAGE = 500
_MAX_DEPTH = 30
_ROOT = "msgfolderroot"
_USES = {SENT_ITEMS: "sent", JUNK_EMAIL: "junk", DELETED_ITEMS: "trash", DRAFTS: "drafts"}
_FIELDS = ("folder:DisplayName", "folder:TotalCount", "folder:ParentFolderId", "folder:FolderClass")


@dataclass(frozen=True)
class EwsFolder:
    """One folder as it was found."""

    id: str
    name: str  # as displayed, in the mailbox's language
    parent_id: str
    count: int  # items of all kinds, mails or not
    folder_class: str  # IPF.Note for mail; "" where nobody set one

    @property
    def epoch(self) -> str:
        """Tells the folder from another one that is made later under the same path."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:32]


def well_known(client: EwsClient, name: str) -> EwsFolder:
    """The folder that has this name in every language. Raises FOLDER_NOT_FOUND."""
    [folder] = _well_known(client, (name,))
    if isinstance(folder, ConnectorError):
        raise folder
    return folder


def found(client: EwsClient, path: str) -> EwsFolder:
    """The folder at the path. Raises ConnectorError FOLDER_NOT_FOUND."""
    inbox = well_known(client, "inbox")
    wanted = path.strip().casefold()
    if wanted == INBOX.casefold():
        return inbox
    for shown, folder in _paths(client, inbox_id=inbox.id):
        if shown.casefold() == wanted:
            return folder
    raise ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)


def tree(client: EwsClient) -> list[FolderInfo]:
    """Every folder that holds mail, by its path, parents first; the inbox as INBOX."""
    inbox, *others = _well_known(client, ("inbox", *_USES))
    if isinstance(inbox, ConnectorError):
        raise inbox
    known = zip(others, _USES.values(), strict=True)
    uses = {folder.id: use for folder, use in known if isinstance(folder, EwsFolder)}
    return [
        FolderInfo(name=path, delimiter=DELIMITER, special_use=uses.get(folder.id, ""))
        for path, folder in sorted(_paths(client, inbox_id=inbox.id), key=lambda pair: pair[0].casefold())
    ]


def distinguished(client: EwsClient, name: str) -> Element:
    """The well-known folder of the configured mailbox, whoever signs in."""
    mailbox = element("t:Mailbox", element("t:EmailAddress", text=client.config.user))
    return element("t:DistinguishedFolderId", mailbox, Id=name)


def folder_id(folder: EwsFolder) -> Element:
    """The folder in a request."""
    return element("t:FolderId", Id=folder.id)


def _well_known(client: EwsClient, names: Sequence[str]) -> list[EwsFolder | ConnectorError]:
    ids = element("m:FolderIds", *(distinguished(client, name) for name in names))
    results = client.ask(GetFolder, element("m:GetFolder", shape("m:FolderShape", *_FIELDS), ids))
    if len(results) != len(names):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an answer for another number of folders")
    return [_missing(result) if isinstance(result, ConnectorError) else _folder(result) for result in results]


def _paths(client: EwsClient, *, inbox_id: str) -> Iterator[tuple[str, EwsFolder]]:
    """Every folder of mail with its path from the top."""
    by_id = {folder.id: folder for folder in _all(client)}
    for folder in by_id.values():
        names: list[str] = []
        step: EwsFolder | None = folder
        while step is not None and len(names) < _MAX_DEPTH:
            names.insert(0, INBOX if step.id == inbox_id else step.name)
            step = by_id.get(step.parent_id)
        if folder.folder_class.casefold() in ("", "ipf.note") or folder.folder_class.casefold().startswith("ipf.note."):
            yield DELIMITER.join(names), folder


def _all(client: EwsClient) -> Iterator[EwsFolder]:
    offset = 0
    while offset < MAX_FOLDERS:
        view = element(
            "m:IndexedPageFolderView", MaxEntriesReturned=str(PAGE), Offset=str(offset), BasePoint="Beginning"
        )
        parents = element("m:ParentFolderIds", distinguished(client, _ROOT))
        question = element("m:FindFolder", shape("m:FolderShape", *_FIELDS), view, parents, Traversal="Deep")
        page = client.ask_one(FindFolder, question)
        folders = page.find(f"{TYPES}Folders")
        children = list(folders) if folders is not None else []
        # Calendars, contacts, tasks and searches have elements of their own.
        yield from (_folder(child) for child in children if child.tag == f"{TYPES}Folder")
        if is_last(page) or not children:
            return
        offset += len(children)


def is_last(page: Element) -> bool:
    """True if nothing follows the page."""
    return page.get("IncludesLastItemInRange", "true").casefold() in ("true", "1")


def _folder(said: Element) -> EwsFolder:
    count = text_of(said, "TotalCount")
    folder = EwsFolder(
        id=id_of(said, "FolderId"),
        name=text_of(said, "DisplayName"),
        parent_id=id_of(said, "ParentFolderId"),
        count=int(count) if count.isascii() and count.isdigit() else 0,
        folder_class=text_of(said, "FolderClass"),
    )
    if not folder.id:
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a folder without an id")
    return folder


def _missing(error: ConnectorError) -> ConnectorError:
    """Exchange calls a folder that is gone an item that is gone."""
    if error.reason is not Reason.MESSAGE_GONE:
        return error
    return ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True, detail=error.detail)
