"""Subscriptions to change notifications at Microsoft Graph: Graph calls an address of ours when a folder gets new mail.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks, …/outlook-change-notifications-overview
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, place_of, segment
from mailboxes.connectors.graph_errors import GraphRefusal
from mailboxes.connectors.graph_folders import GraphFolder

LIFE = timedelta(minutes=4230)  # the most for mail: …/change-notifications-overview#subscription-lifetime
MAX_PAGES = 50
_PATH = "/subscriptions"
_GONE = frozenset({404, 410})


@dataclass(frozen=True)
class Wanted:
    """A subscription to be made."""

    resource: str
    address: str = field(repr=False)  # that Graph calls, of lifecycle events as well
    client_state: str = field(repr=False)  # that its calls carry; at most 128 characters


@dataclass(frozen=True)
class Made:
    """A subscription that Graph has."""

    id: str
    expires_at: datetime


def resource_of(client: GraphClient, folder: GraphFolder) -> str:
    """The mail of the folder, as a subscription names it. Raises NO_NOTIFICATIONS where Graph gives none.

    Permissions for shared mailboxes subscribe to nothing: https://learn.microsoft.com/graph/outlook-share-messages-folders
    """
    config = client.config
    if config.person is not None and not config.is_own:
        raise ConnectorError(Reason.NO_NOTIFICATIONS, permanent=True)
    return f"{place_of(config)}/mailFolders('{folder.id}')/messages"


def create(client: GraphClient, wanted: Wanted, *, now: datetime) -> Made:
    """The subscription is there, and Graph has called the address to see whether it answers. Raises ConnectorError."""
    body = {
        "changeType": "created",
        "notificationUrl": wanted.address,
        "lifecycleNotificationUrl": wanted.address,
        "resource": wanted.resource,
        "expirationDateTime": _told(now + LIFE),
        "clientState": wanted.client_state,
    }
    try:
        return _made(client.json("POST", _PATH, expected=201, body=body, is_of_mailbox=False))
    except GraphRefusal as refused:
        if refused.reason is not Reason.PERMISSION_MISSING:
            raise
        raise ConnectorError(Reason.TELLING_NOT_PERMITTED, permanent=True, detail=refused.detail) from None


def renew(client: GraphClient, remote_id: str, *, now: datetime) -> Made | None:
    """It lives on, and is authorized anew; None if Graph has none of this id any more. Raises ConnectorError."""
    body = {"expirationDateTime": _told(now + LIFE)}
    try:
        return _made(client.json("PATCH", f"{_PATH}/{segment(remote_id)}", body=body, is_of_mailbox=False))
    except GraphRefusal as refused:
        if refused.status in _GONE:
            return None
        raise


def remove(client: GraphClient, remote_id: str) -> None:
    """Graph has no subscription of this id. Raises ConnectorError."""
    try:
        client.call("DELETE", f"{_PATH}/{segment(remote_id)}", expected=204, is_of_mailbox=False)
    except GraphRefusal as refused:
        if refused.status not in _GONE:
            raise


def remove_strays(client: GraphClient, address: str, *, but: str) -> int:
    """No subscription but this one calls the address; gives how many were removed. Raises ConnectorError."""
    strays = [found for found in _own(client) if found.get("notificationUrl") == address and found.get("id") != but]
    for stray in strays:
        remove(client, str(stray["id"]))
    return len(strays)


def _own(client: GraphClient) -> Iterator[dict[str, Any]]:
    """Those of this app, for the mailbox of whoever signed in, or for any of the organization."""
    page = client.json("GET", _PATH, is_of_mailbox=False)
    for _page in range(MAX_PAGES):
        yield from page.get("value", ())
        link = client.next_link(page)
        if not link:
            return
        page = client.follow(link)


def _made(said: dict[str, Any]) -> Made:
    try:
        ends_at = datetime.fromisoformat(str(said["expirationDateTime"]))
        return Made(str(said["id"]), ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC))
    except (KeyError, ValueError):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="a subscription without id or end") from None


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
