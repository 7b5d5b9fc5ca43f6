"""Messages come down as MIME, one at a time; where Graph cannot give one so, it is built from its parts.

https://learn.microsoft.com/graph/outlook-get-mime-message: Exchange keeps no original, the text is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailboxes.connectors.base import Fetched, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment
from mailboxes.connectors.graph_folders import GraphFolder, inbox
from mailboxes.connectors.graph_rebuilding import header_block, rebuilt

MAX_HEADER_BYTES = 256 * 1024
_OF_THE_MESSAGE = frozenset({Reason.MESSAGE_GONE, Reason.TOO_LARGE, Reason.TIMEOUT})
# What Graph answers for a message it cannot make MIME of; the next call may go well.
_MIME_FAILED = frozenset({Reason.SERVER_ERROR, Reason.PROTOCOL, Reason.CONTENT_REFUSED})


def messages(
    client: GraphClient, folder: GraphFolder, items: Sequence[RemoteItem], *, max_bytes: int
) -> Iterator[Fetched]:
    """Each item's bytes or error in the given order. Raises ConnectorError when the next message would meet it, too."""
    for item in items:
        yield _fetched(client, folder, item, max_bytes=max_bytes)


def header_blocks(client: GraphClient, folder: GraphFolder, remote_ids: Sequence[str]) -> dict[str, bytes]:
    """The header block of each message that is still there and readable, cut at MAX_HEADER_BYTES."""
    found: dict[str, bytes] = {}
    for remote_id in remote_ids:
        try:
            found[remote_id] = header_block(client, _path(folder, remote_id))[:MAX_HEADER_BYTES]
        except ConnectorError as error:
            if error.reason not in _OF_THE_MESSAGE and not _is_well(client, error):
                raise
    return found


def present(client: GraphClient, folder: GraphFolder, remote_id: str) -> bool:
    """True if the folder holds the message now."""
    return parent_of(client, remote_id) == folder.id


def parent_of(client: GraphClient, remote_id: str) -> str:
    """The id of the folder that holds the message; "" if it is gone."""
    try:
        found = client.json("GET", f"/messages/{segment(remote_id)}", params={"$select": "id,parentFolderId"})
    except ConnectorError as error:
        if error.reason is Reason.MESSAGE_GONE:
            return ""
        raise
    return str(found.get("parentFolderId", ""))


def _fetched(client: GraphClient, folder: GraphFolder, item: RemoteItem, *, max_bytes: int) -> Fetched:
    if item.size_bytes is not None and item.size_bytes > max_bytes:
        return _failed(item, ConnectorError(Reason.TOO_LARGE, permanent=True))
    try:
        content = _mime(client, _path(folder, item.remote_id), max_bytes=max_bytes)
    except ConnectorError as error:
        if error.reason is Reason.TOO_LARGE:
            return _failed(item, ConnectorError(Reason.TOO_LARGE, permanent=True))
        if error.reason in _OF_THE_MESSAGE:
            return _failed(item, error)
        if error.reason in _MIME_FAILED and _is_well(client, error):
            return _failed(item, ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False, detail=error.detail))
        raise
    return Fetched(remote_id=item.remote_id, content=content)


def _mime(client: GraphClient, path: str, *, max_bytes: int) -> bytes:
    """The message's bytes; built from its parts where Graph fails to make them."""
    try:
        content = client.raw(f"{path}/$value", max_bytes=max_bytes)
    except ConnectorError as error:
        if error.reason not in _MIME_FAILED or error.retry_after_s is not None:
            raise
        content = b""
    return content or rebuilt(client, path, max_bytes=max_bytes)


def _path(folder: GraphFolder, remote_id: str) -> str:
    """The message inside the folder: what was moved out of it meanwhile is gone from here, as on every other server."""
    return f"/mailFolders/{segment(folder.id)}/messages/{segment(remote_id)}"


def _is_well(client: GraphClient, error: ConnectorError) -> bool:
    """True if the mailbox answers otherwise, so that the failure is this message's own."""
    if error.reason not in _MIME_FAILED or error.retry_after_s is not None:
        return False
    inbox(client)
    return True


def _failed(item: RemoteItem, error: ConnectorError) -> Fetched:
    return Fetched(remote_id=item.remote_id, content=None, error=error)
