"""What a folder of an Exchange mailbox holds, by the date it was received: oldest first, in pages.

Each page after the first begins at the date the last one ended with, not behind so many items: a message that somebody
moves away meanwhile shifts nothing. An offset leads on only inside a second that fills a page.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient
from mailboxes.connectors.ews_folders import EwsFolder, folder_id, is_last
from mailboxes.connectors.ews_operations import TYPES, Element, FindItem, element, field_uri, id_of, shape, text_of

PAGE = 200
MEETING, CHAT, ENTRY = "meeting", "chat", "entry"
_RECEIVED = "item:DateTimeReceived"
_FIELDS = ("item:Size", _RECEIVED, "item:ItemClass")
_CHATS = ("ipm.skypeteams.", "ipm.note.microsoft.conversation")
_MAIL = ("Message", "PostItem", "Item")  # an Item has a class of its own that no client knows; its MIME is mail


def items_since(client: EwsClient, folder: EwsFolder, *, since: datetime | None) -> Iterator[RemoteItem]:
    """Every item of the folder received at or after `since`, oldest first, each once."""
    last, offset = since, 0
    of_last_second: set[str] = set()
    while True:
        page = _page(client, folder, _received_since(last), size=PAGE, offset=offset)
        items = [_item(said) for said in items_of(page)]
        yield from (item for item in items if item.remote_id not in of_last_second)
        if is_last(page) or not items:
            return
        latest = max((item.received_at for item in items if item.received_at is not None), default=None)
        if latest is None or (last is not None and latest <= last):
            of_last_second.update(item.remote_id for item in items)
            offset += len(items)
        else:
            of_last_second = {item.remote_id for item in items if item.received_at == latest}
            last, offset = latest, 0


def count_since(client: EwsClient, folder: EwsFolder, *, since: datetime) -> int:
    """How many items of the folder were received at or after `since`; the server counts what it leaves off the page."""
    told = _page(client, folder, _received_since(since), size=1, offset=0).get("TotalItemsInView")
    if not (told.isascii() and told.isdigit()):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an answer without a count")
    return int(told)


def ids_of(client: EwsClient, folder: EwsFolder, *, message_id: str) -> list[str]:
    """The ids of the mails in the folder that have this Message-ID."""
    return ids_with(client, folder, "message:InternetMessageId", f"<{message_id}>")


def ids_with(client: EwsClient, folder: EwsFolder, field: str, value: str) -> list[str]:
    """The ids of the items in the folder whose field has this value; ten at most."""
    restriction = _restriction("t:IsEqualTo", field, value)
    page = _page(client, folder, restriction, size=10, offset=0)
    return [id_of(said, "ItemId") for said in items_of(page)]


def _page(client: EwsClient, folder: EwsFolder, restriction: Sequence[Element], *, size: int, offset: int) -> Element:
    view = element("m:IndexedPageItemView", MaxEntriesReturned=str(size), Offset=str(offset), BasePoint="Beginning")
    order = element("m:SortOrder", element("t:FieldOrder", field_uri(_RECEIVED), Order="Ascending"))
    parents = element("m:ParentFolderIds", folder_id(folder))
    parts = (shape("m:ItemShape", *_FIELDS), view, *restriction, order, parents)
    return client.ask_one(FindItem, element("m:FindItem", *parts, Traversal="Shallow"))


def _received_since(moment: datetime | None) -> Sequence[Element]:
    if moment is None:
        return ()
    told = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _restriction("t:IsGreaterThanOrEqualTo", _RECEIVED, told)


def _restriction(comparison: str, field: str, value: str) -> Sequence[Element]:
    constant = element("t:FieldURIOrConstant", element("t:Constant", Value=value))
    return (element("m:Restriction", element(comparison, field_uri(field), constant)),)


def items_of(page: Element) -> Sequence[Element]:
    """What the page of an answer holds."""
    items = page.find(f"{TYPES}Items")
    return list(items) if items is not None else []


def _item(said: Element) -> RemoteItem:
    remote_id = id_of(said, "ItemId")
    if not remote_id:
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an item without an id")
    size = text_of(said, "Size")
    return RemoteItem(
        remote_id=remote_id,
        size_bytes=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
        received_at=moment_of(text_of(said, "DateTimeReceived")),
        other_kind=_other_kind(said.tag.removeprefix(TYPES), text_of(said, "ItemClass").casefold()),
    )


def _other_kind(name: str, item_class: str) -> str:
    """What it is if it is no mail: elements tell appointments and other entries, chats have a class alone.

    Invitations and the answers to them are mail, as over IMAP.
    """
    if name == "CalendarItem":
        return MEETING
    if item_class.startswith(_CHATS):
        return CHAT
    return "" if name in _MAIL or name.startswith("Meeting") else ENTRY


def moment_of(said: str) -> datetime | None:
    """Whole seconds, as the server shows it and as it is compared."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
