"""Between the watcher and the database: whom it listens to, and whom it tells."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError


class Key(NamedTuple):
    """One mailbox."""

    organization_id: int
    mailbox_id: int


class Directory(Protocol):
    """What the watcher is told, and whom it tells. Each method may block for a moment; threads call them at once."""

    def wanted(self) -> dict[Key, int] | None:
        """The mailboxes to listen to, each with a version that rises when it was changed; None: ask later."""
        ...

    def config(self, key: Key) -> ImapConfig | None:
        """How to connect, with a place at the server that is held until `closed`; None if it is no longer wanted.

        Raises ConnectorError.
        """
        ...

    def closed(self, key: Key) -> None:
        """No connection is open for it, and none is being made."""
        ...

    def keep(self) -> dict[Key, ConnectorError]:
        """The places at servers are held for a while more; gives those that have to be given up, and why."""
        ...

    def refused(self, key: Key, error: ConnectorError) -> None:
        """The server did not let it in, or threw it out; its place is still held."""
        ...

    def live(self, key: Key) -> None:
        """The mailbox is being listened to from now on: poll it once, for what came before."""
        ...

    def news(self, key: Key) -> None:
        """There is new mail."""
        ...

    def lost(self, key: Key, error: ConnectorError) -> None:
        """It is not being listened to."""
        ...

    def rest(self) -> None:
        """The thread that calls has nothing more to say."""
        ...
