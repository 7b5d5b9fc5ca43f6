"""What a connector kind needs to join the contract tests: a server with mail for one account, and its connector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from mailboxes.connectors.base import Sender, Source
from mailboxes.connectors.config import ImapConfig, Security, SmtpConfig, Timeouts
from mailboxes.connectors.registry import sender_for, source_for
from tests.connectors.configs import PATIENT, login
from tests.servers.dovecot import Dovecot, StoredMail
from tests.servers.smtp import ReceivedMail, SmtpServer

PASSWORD = "s3cret-word"


class SourceWorld(Protocol):
    """A mail server with one account and the connector to it."""

    def source(
        self, *, folder: str = ..., password: str = ..., timeouts: Timeouts = ..., port: int | None = ...
    ) -> Source:
        """The connector; `port` goes through a proxy to the same server."""
        ...

    @property
    def port(self) -> int:
        """Where `source` connects to."""
        ...

    def deliver(self, raw: bytes, *, folder: str = "INBOX") -> None:
        """The mail is in the folder."""
        ...

    def messages(self, folder: str = "INBOX") -> list[StoredMail]:
        """What the folder holds."""
        ...

    def stop(self) -> None:
        """Nothing listens any more."""
        ...

    def restart(self) -> None:
        """Every connection was cut, and the server answers again."""
        ...


@dataclass(frozen=True)
class ImapWorld:
    """An account of its own on Dovecot."""

    dovecot: Dovecot
    user: str

    @property
    def port(self) -> int:
        return self.dovecot.imaps_port

    def config(self, *, port: int | None = None, timeouts: Timeouts = PATIENT) -> ImapConfig:
        return ImapConfig(
            login(
                port or self.port,
                security=Security.TLS,
                username=self.user,
                password=PASSWORD,
                ca_path=self.dovecot.ca_path,
                timeouts=timeouts,
            )
        )

    def source(
        self,
        *,
        folder: str = "INBOX",
        password: str = PASSWORD,
        timeouts: Timeouts = PATIENT,
        port: int | None = None,
    ) -> Source:
        config = self.config(port=port, timeouts=timeouts)
        return source_for("imap", replace(config, folder=folder, login=replace(config.login, password=password)))

    def deliver(self, raw: bytes, *, folder: str = "INBOX") -> None:
        self.dovecot.deliver(self.user, raw, folder=folder)

    def messages(self, folder: str = "INBOX") -> list[StoredMail]:
        return self.dovecot.folder_messages(self.user, folder)

    def stop(self) -> None:
        self.dovecot.kill()

    def restart(self) -> None:
        self.dovecot.restart()


def imap_world(dovecot: Dovecot, user: str) -> ImapWorld:
    """A fresh account."""
    dovecot.add_user(user, PASSWORD)
    return ImapWorld(dovecot, user)


class SenderWorld(Protocol):
    """A server that mail leaves through and the connector to it."""

    server: SmtpServer

    def sender(self, *, password: str = ..., timeouts: Timeouts = ..., port: int | None = ...) -> Sender:
        """The connector; `port` goes through a proxy to the same server."""
        ...

    @property
    def port(self) -> int:
        """Where `sender` connects to."""
        ...

    def received(self) -> list[ReceivedMail]:
        """What was sent."""
        ...


@dataclass(frozen=True)
class SmtpWorld:
    """The test server with TLS."""

    server: SmtpServer

    @property
    def port(self) -> int:
        return self.server.tls_port

    def config(self, *, port: int | None = None, timeouts: Timeouts = PATIENT, username: str = "ann") -> SmtpConfig:
        return SmtpConfig(
            login(
                port or self.port,
                security=Security.TLS,
                username=username,
                password=PASSWORD,
                ca_path=self.server.ca_path,
                timeouts=timeouts,
            )
        )

    def sender(self, *, password: str = PASSWORD, timeouts: Timeouts = PATIENT, port: int | None = None) -> Sender:
        config = self.config(port=port, timeouts=timeouts)
        return sender_for("smtp", replace(config, login=replace(config.login, password=password)))

    def received(self) -> list[ReceivedMail]:
        return self.server.received


def smtp_world(server: SmtpServer) -> SmtpWorld:
    """A server at which ann may sign in."""
    server.behave(users={"ann": PASSWORD})
    return SmtpWorld(server)


# One row a kind.
SOURCE_WORLDS: dict[str, Callable[[Dovecot, str], SourceWorld]] = {"imap": imap_world}
SENDER_WORLDS: dict[str, Callable[[SmtpServer], SenderWorld]] = {"smtp": smtp_world}
