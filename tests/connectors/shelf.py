"""A keeper of connections for tests of what is kept."""

from __future__ import annotations

from mailboxes.connectors.keeping import Client


class Shelf:
    """A keeper that keeps whatever it is given, for whoever asks next."""

    def __init__(self) -> None:
        self.held: Client | None = None

    def take(self) -> Client | None:
        """What it has, which it then has no more."""
        held, self.held = self.held, None
        return held

    def keep(self, client: Client) -> bool:
        """Always."""
        self.held = client
        return True
