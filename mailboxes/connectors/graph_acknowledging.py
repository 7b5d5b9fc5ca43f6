"""After our copy is safe: messages of Microsoft 365 are marked as read, moved or deleted, each by a call of its own.

Before anything is moved it is asked where the message lies: what somebody has taken out of the folder meanwhile, or we
ourselves in an earlier pass, is left where it is. Deleting moves to Deleted Items, from where a person can take it back
and the organization's own rules remove it; a second DELETE would remove it for good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailboxes.connectors.acknowledging import done_for_each
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import GraphClient, segment
from mailboxes.connectors.graph_fetching import parent_of
from mailboxes.connectors.graph_folders import DELETED_ITEMS, GraphFolder, found, well_known

_OF_THE_MESSAGE = frozenset({Reason.SERVER_ERROR, Reason.PROTOCOL, Reason.CONTENT_REFUSED, Reason.MAILBOX_FULL})


def acknowledge(
    client: GraphClient, folder: GraphFolder, remote_ids: Sequence[str], *, action: AfterImport, target: str
) -> dict[str, ConnectorError | None]:
    """The action is done for each id (None), or the error says why not. What is gone from the folder counts as done.

    Raises ConnectorError when the connection or Graph as a whole fails; repeating everything is harmless.
    """
    if action is AfterImport.LEAVE:
        return dict.fromkeys(remote_ids)
    return done_for_each(
        remote_ids, begin=lambda: _action(client, folder, action, target=target), of_the_message=_OF_THE_MESSAGE
    )


def _action(client: GraphClient, folder: GraphFolder, action: AfterImport, *, target: str) -> Callable[[str], None]:
    if action is AfterImport.SEEN:
        return lambda remote_id: _mark_read(client, remote_id)
    to = well_known(client, DELETED_ITEMS) if action is AfterImport.DELETE else found(client, target)
    return lambda remote_id: _move(client, remote_id, folder=folder, to=to)


def _mark_read(client: GraphClient, remote_id: str) -> None:
    client.call("PATCH", f"/messages/{segment(remote_id)}", body={"isRead": True})


def _move(client: GraphClient, remote_id: str, *, folder: GraphFolder, to: GraphFolder) -> None:
    if folder.id != to.id and parent_of(client, remote_id) == folder.id:
        client.call("POST", f"/messages/{segment(remote_id)}/move", expected=201, body={"destinationId": to.id})
