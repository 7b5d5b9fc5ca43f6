"""Connections that outlive a session: the next one on the same account need neither connect nor sign in.

session ended well ──keep──▶ at rest ──take──▶ answers ──▶ the next session
                                        └────▶ gone, or refuses ──▶ left; a new connection is made

Who keeps what, and for how long, is the services' affair (services.reading.kept). A connection at rest proves nothing:
whoever takes it asks the server anew for everything it goes by.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from mailboxes.connectors.base import Source


class Client(Protocol):
    """A signed-in connection that can be at rest."""

    def leave(self) -> None:
        """It is closed, without waiting for anybody; never raises."""
        ...

    def abandon(self) -> None:
        """This process has let go of it, and the server was told nothing: another process goes on with it."""
        ...


class Keeper(Protocol):
    """What one session takes a connection from, and gives one to."""

    def take(self) -> Client | None:
        """The connection that was kept for this account and these settings, now the caller's; None without one."""
        ...

    def keep(self, client: Client) -> bool:
        """True if the connection is the keeper's from here on; False: the caller closes it."""
        ...


@runtime_checkable
class Keepable(Protocol):
    """A source whose connection may outlive its session."""

    @property
    def identity(self) -> object:
        """Equal for sources that sign in to the same account in the same way, and for no others."""
        ...

    def kept_by(self, keeper: Keeper) -> Source:
        """The same source, its sessions beginning and ending at the keeper."""
        ...
