"""What the worlds of providers have in common whose fake keeps its mail in a FakeMailbox."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import HttpsServer
from tests.servers.dovecot import StoredMail


class FakeWorld(ABC):
    """One user of a fake."""

    @property
    @abstractmethod
    def fake(self) -> HttpsServer:
        """The provider."""

    @property
    @abstractmethod
    def mailbox(self) -> FakeMailbox:
        """What the user has there."""

    @property
    def port(self) -> int:
        return self.fake.port

    def deliver(self, raw: bytes, *, folder: str = "INBOX") -> None:
        self.mailbox.deliver(raw, folder=folder)

    def messages(self, folder: str = "INBOX") -> list[StoredMail]:
        held = enumerate(self.mailbox.held(self.mailbox.make(folder)), start=1)
        return [StoredMail(uid, frozenset({"\\Seen"} if item.is_read else ()), item.raw) for uid, item in held]

    def read(self) -> None:
        for item in self.mailbox.items:
            item.is_read = True

    def reset(self) -> None:
        self.mailbox.make_anew(self.mailbox.well_known["inbox"])

    def stop(self) -> None:
        self.fake.stop()

    def restart(self) -> None:
        self.fake.restart()
