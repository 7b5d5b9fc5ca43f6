"""Messages come down as MIME, one at a time. Exchange keeps no original: the text is made anew.

https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence

from mailboxes.connectors.base import Fetched, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import MAX_XML_BYTES, EwsClient
from mailboxes.connectors.ews_folders import EwsFolder, well_known
from mailboxes.connectors.ews_operations import TYPES, Element, GetItem, element, id_of, shape, text_of

MAX_HEADER_BYTES = 256 * 1024
MAX_WHOLE_BYTES = 64 * 1024 * 1024  # of a message that is fetched for its header alone
CHUNK = 100
_TRANSPORT_HEADERS = "0x007D String"  # PidTagTransportMessageHeaders: as the mail came, where it came from elsewhere
_ENVELOPE_BYTES = 256 * 1024  # what an answer has around the message
_OF_THE_MESSAGE = frozenset({Reason.MESSAGE_GONE, Reason.MESSAGE_UNREADABLE, Reason.TOO_LARGE, Reason.TIMEOUT})
_MIME_FAILED = frozenset({Reason.SERVER_ERROR, Reason.PROTOCOL, Reason.CONTENT_REFUSED})


def messages(client: EwsClient, folder: EwsFolder, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
    """Each item's bytes or error in the given order. Raises ConnectorError when the next message would meet it, too."""
    for item in items:
        try:
            content = _content(client, folder, item, max_bytes=max_bytes)
        except ConnectorError as error:
            yield Fetched(remote_id=item.remote_id, content=None, error=_of_this_message(client, error))
        else:
            yield Fetched(remote_id=item.remote_id, content=content)


def header_blocks(client: EwsClient, folder: EwsFolder, remote_ids: Sequence[str]) -> dict[str, bytes]:
    """The header block of each message that is still there and readable, cut at MAX_HEADER_BYTES."""
    found: dict[str, bytes] = {}
    for remote_id in remote_ids:
        try:
            found[remote_id] = _header_block(client, folder, remote_id)[:MAX_HEADER_BYTES]
        except ConnectorError as error:
            _of_this_message(client, error)
    return found


def present(client: EwsClient, folder: EwsFolder, remote_ids: Sequence[str]) -> set[str]:
    """Which of these the folder holds now."""
    held: set[str] = set()
    for start in range(0, len(remote_ids), CHUNK):
        chunk = remote_ids[start : start + CHUNK]
        ids = element("m:ItemIds", *(item_id(remote_id) for remote_id in chunk))
        results = client.ask(GetItem, element("m:GetItem", shape("m:ItemShape", "item:ParentFolderId"), ids))
        for remote_id, result in zip(chunk, results, strict=False):
            if isinstance(result, ConnectorError):
                if result.reason is not Reason.MESSAGE_GONE:
                    raise result
            elif id_of(result, "ParentFolderId") == folder.id:
                held.add(remote_id)
    return held


def item_id(remote_id: str) -> Element:
    """The item in a request: without its change key, which marking it would change."""
    return element("t:ItemId", Id=remote_id)


def _content(client: EwsClient, folder: EwsFolder, item: RemoteItem, *, max_bytes: int) -> bytes:
    if item.size_bytes is not None and item.size_bytes > max_bytes:
        raise ConnectorError(Reason.TOO_LARGE, permanent=True)
    return _mime(client, folder, item.remote_id, max_bytes=max_bytes)


def _mime(client: EwsClient, folder: EwsFolder, remote_id: str, *, max_bytes: int) -> bytes:
    in_base64 = 4 * (max_bytes // 3 + 1)
    lines = in_base64 // 16  # line ends, where a server writes some
    item = _item(client, folder, remote_id, has_mime=True, answer_bytes=in_base64 + lines + _ENVELOPE_BYTES, fields=())
    told = text_of(item, "MimeContent")
    try:
        content = base64.b64decode("".join(told.split()) if "\n" in told else told, validate=True)
    except binascii.Error:
        content = b""
    if not content:
        raise ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False, detail="no MIME content")
    if len(content) > max_bytes:
        raise ConnectorError(Reason.TOO_LARGE, permanent=True)
    return content


def _header_block(client: EwsClient, folder: EwsFolder, remote_id: str) -> bytes:
    """As the mail came; of what was never on its way (a sent copy) from the message itself."""
    item = _item(client, folder, remote_id, fields=(_TRANSPORT_HEADERS,))
    said = item.find(f"{TYPES}ExtendedProperty")
    block = text_of(said, "Value") if said is not None else ""
    if block.strip():
        return "\r\n".join(block.rstrip().splitlines()).encode("utf-8", "replace") + b"\r\n\r\n"
    whole = _mime(client, folder, remote_id, max_bytes=MAX_WHOLE_BYTES)
    header, separator, _body = whole.partition(b"\r\n\r\n")
    return header + separator


def _item(
    client: EwsClient,
    folder: EwsFolder,
    remote_id: str,
    *,
    fields: Sequence[str],
    has_mime: bool = False,
    answer_bytes: int = MAX_XML_BYTES,
) -> Element:
    """The item, if it is in the folder: what was moved out of it is gone from here. Raises ConnectorError."""
    wanted = shape("m:ItemShape", "item:ParentFolderId", *fields, has_mime=has_mime)
    question = element("m:GetItem", wanted, element("m:ItemIds", item_id(remote_id)))
    item = client.ask_one(GetItem, question, max_bytes=answer_bytes)
    if id_of(item, "ParentFolderId") != folder.id:
        raise ConnectorError(Reason.MESSAGE_GONE, permanent=True)
    return item


def _of_this_message(client: EwsClient, error: ConnectorError) -> ConnectorError:
    """The error, if it is this message's own. Raises it otherwise, for every message would meet it."""
    if error.reason is Reason.TOO_LARGE:
        return ConnectorError(Reason.TOO_LARGE, permanent=True)
    if error.reason in _OF_THE_MESSAGE:
        return error
    if error.reason not in _MIME_FAILED or error.retry_after_s is not None:
        raise error
    well_known(client, "inbox")
    return ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False, detail=error.detail)
