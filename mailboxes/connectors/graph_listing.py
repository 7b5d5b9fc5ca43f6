"""What a folder of Microsoft 365 holds, by the date it was received: oldest first, in pages.

Each page after the first begins at the date the last one ended with, not behind so many items: a message that somebody
moves away meanwhile shifts nothing. Graph's own link leads on only inside a second that fills a page.
https://learn.microsoft.com/graph/api/user-list-messages
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment
from mailboxes.connectors.graph_folders import GraphFolder

PAGE = 100
_SIZE = 0x0E08  # PidTagMessageSize: of all properties, so only near the size of the mail
_CLASS = 0x001A  # PidTagMessageClass
_EXPAND = "singleValueExtendedProperties($filter=id eq 'Integer 0x0E08' or id eq 'String 0x001A')"
_CHATS = ("ipm.skypeteams.", "ipm.note.microsoft.conversation")
CHAT = "chat"


def items_since(client: GraphClient, folder: GraphFolder, *, since: datetime | None) -> Iterator[RemoteItem]:
    """Every item of the folder received at or after `since`, oldest first, each once."""
    path = f"/mailFolders/{segment(folder.id)}/messages"
    page = client.json("GET", path, params=_params(since))
    of_last_second: set[str] = set()
    last, followed = since, ""
    while True:
        items = [_item(value) for value in page.get("value", ())]
        fresh = [item for item in items if item.remote_id not in of_last_second]
        yield from fresh
        link = client.next_link(page)
        if not link:
            return
        if link == followed:
            raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a page that leads to itself")
        latest = max((item.received_at for item in items if item.received_at is not None), default=None)
        if latest is None or (last is not None and latest <= last):
            of_last_second.update(item.remote_id for item in items)
            page, followed = client.follow(link), link
        else:
            of_last_second = {item.remote_id for item in items if item.received_at == latest}
            last = latest
            page = client.json("GET", path, params=_params(latest))


def count_since(client: GraphClient, folder: GraphFolder, *, since: datetime) -> int:
    """How many items of the folder were received at or after `since`; Graph counts, whatever it leaves off the page."""
    params = {"$select": "id", "$filter": _received_since(since), "$count": "true", "$top": "1"}
    count = client.json("GET", f"/mailFolders/{segment(folder.id)}/messages", params=params).get("@odata.count")
    if not isinstance(count, int):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an answer without a count")
    return count


def _params(since: datetime | None) -> dict[str, str]:
    """What is ordered by must also be filtered by, and first (InefficientFilter otherwise)."""
    params = {
        "$select": "id,receivedDateTime",
        "$orderby": "receivedDateTime asc",
        "$top": str(PAGE),
        "$expand": _EXPAND,
    }
    if since is not None:
        params["$filter"] = _received_since(since)
    return params


def _received_since(moment: datetime) -> str:
    return f"receivedDateTime ge {moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}"


def _item(value: Mapping[str, Any]) -> RemoteItem:
    remote_id = value.get("id")
    if not isinstance(remote_id, str) or not remote_id:
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a message without an id")
    extended = {_tag(one.get("id")): one.get("value") for one in value.get("singleValueExtendedProperties", ())}
    return RemoteItem(
        remote_id=remote_id,
        size_bytes=_number(extended.get(_SIZE)),
        received_at=moment_of(value.get("receivedDateTime")),
        other_kind=_other_kind(str(extended.get(_CLASS) or "")),
    )


def _tag(said: object) -> int:
    """The number of a property, whose id comes back spelled in another way: `Integer 0xe08`."""
    try:
        return int(str(said).rpartition(" ")[2], 16)
    except ValueError:
        return 0


def _other_kind(message_class: str) -> str:
    """What it is if it is no mail: chats, by their class alone. Invitations (eventMessage) are mail, as over IMAP."""
    return CHAT if message_class.casefold().startswith(_CHATS) else ""


def _number(said: object) -> int | None:
    text = str(said or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def moment_of(said: object) -> datetime | None:
    """Whole seconds, as servers show it and as it is compared."""
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
