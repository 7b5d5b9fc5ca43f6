"""One message fetched by itself: what IMAP and POP3 have in common, where a single one may cost the connection."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

from mailboxes.connectors.base import Fetched, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.wire import ConnectionEndedError, SessionLostError

ATTEMPTS: Final = 2  # for one message that costs the connection: the loss may have been a restart


def fetched_alone(item: RemoteItem, read: Callable[[], Fetched], *, for_all: AbstractSet[Reason]) -> Fetched:
    """This message, or why it cannot be had. Raises only what the next message would meet as well.

    for_all: refusals that are about the session and not about this message.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return read()
        except SessionLostError:
            raise
        except ConnectionEndedError as error:
            if error.reason in for_all:
                raise
            if error.reason is Reason.TOO_LARGE:
                return failed(item, Reason.TOO_LARGE, permanent=True)
            if error.reason is Reason.TIMEOUT:
                return Fetched(remote_id=item.remote_id, content=None, error=error)
        except ConnectorError as error:
            if error.reason in for_all:
                raise
            return failed(item, Reason.MESSAGE_UNREADABLE, permanent=False, detail=error.detail)
    return failed(item, Reason.MESSAGE_UNREADABLE, permanent=False)


def failed(item: RemoteItem, reason: Reason, *, permanent: bool, detail: str = "") -> Fetched:
    """That message, not to be had for this reason."""
    error = ConnectorError(reason, permanent=permanent, detail=detail)
    return Fetched(remote_id=item.remote_id, content=None, error=error)
