"""After our copy is safe: messages of an Exchange mailbox are marked as read, moved or deleted, each by a call.

An id names a message in its folder: what somebody has taken out of it meanwhile, or we ourselves in an earlier pass,
has another id by then and is left where it is. Deleting moves to Deleted Items, from where a person can take it back
and the organization's own rules remove it. No read receipt is sent, where the server can be told so (2013 SP1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailboxes.connectors.acknowledging import done_for_each
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_client import EwsClient
from mailboxes.connectors.ews_fetching import item_id
from mailboxes.connectors.ews_folders import DELETED_ITEMS, EwsFolder, folder_id, found, well_known
from mailboxes.connectors.ews_operations import DeleteItem, MoveItem, UpdateItem, element, field_uri

_OF_THE_MESSAGE = frozenset(
    {Reason.SERVER_ERROR, Reason.CONTENT_REFUSED, Reason.MAILBOX_FULL, Reason.MESSAGE_UNREADABLE, Reason.TOO_LARGE}
)


def acknowledge(
    client: EwsClient, folder: EwsFolder, remote_ids: Sequence[str], *, action: AfterImport, target: str
) -> dict[str, ConnectorError | None]:
    """The action is done for each id (None), or the error says why not. What is gone from the folder counts as done.

    Raises ConnectorError when the connection or the server as a whole fails; repeating everything is harmless.
    """
    if action is AfterImport.LEAVE:
        return dict.fromkeys(remote_ids)
    return done_for_each(
        remote_ids, begin=lambda: _action(client, folder, action, target=target), of_the_message=_OF_THE_MESSAGE
    )


def _action(client: EwsClient, folder: EwsFolder, action: AfterImport, *, target: str) -> Callable[[str], None]:
    if action is AfterImport.SEEN:
        return lambda remote_id: _mark_read(client, remote_id)
    to = well_known(client, DELETED_ITEMS) if action is AfterImport.DELETE else found(client, target)
    if to.id == folder.id:
        return lambda _remote_id: None
    if action is AfterImport.DELETE:
        return lambda remote_id: _delete(client, remote_id)
    return lambda remote_id: _move(client, remote_id, to=to)


def _mark_read(client: EwsClient, remote_id: str) -> None:
    is_read = element("t:Message", element("t:IsRead", text="true"))
    updates = element("t:Updates", element("t:SetItemField", field_uri("message:IsRead"), is_read))
    changes = element("m:ItemChanges", element("t:ItemChange", item_id(remote_id), updates))
    attributes = {
        "MessageDisposition": "SaveOnly",
        "ConflictResolution": "AlwaysOverwrite",
        **_without_receipts(client),
    }
    client.ask_one(UpdateItem, element("m:UpdateItem", changes, **attributes))


def _move(client: EwsClient, remote_id: str, *, to: EwsFolder) -> None:
    target = element("m:ToFolderId", folder_id(to))
    client.ask_one(MoveItem, element("m:MoveItem", target, element("m:ItemIds", item_id(remote_id))))


def _delete(client: EwsClient, remote_id: str) -> None:
    attributes = {"DeleteType": "MoveToDeletedItems", **_without_receipts(client)}
    client.ask_one(DeleteItem, element("m:DeleteItem", element("m:ItemIds", item_id(remote_id)), **attributes))


def _without_receipts(client: EwsClient) -> dict[str, str]:
    return {"SuppressReadReceipts": "true"} if client.suppresses_receipts else {}
