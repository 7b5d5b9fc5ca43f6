"""What a connector kind needs to join the contract tests: a server with mail for one account, and its connector.

A kind joins by a class and a row at the end; what it is asked beyond what all do, its Traits decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import pytest

from mailboxes.connectors.base import Sender, Source, Traits
from mailboxes.connectors.config import ImapConfig, Pop3Config, Security, ServerLogin, SmtpConfig, Timeouts
from mailboxes.connectors.registry import sender_for, source_for, traits_of
from tests.connectors.configs import PATIENT, imap, login, pop3
from tests.connectors.ews_worlds import EwsSenderWorld, ews_world
from tests.connectors.graph_worlds import GraphSenderWorld, graph_world, signed_in, signed_in_for
from tests.connectors.scripted import ScriptedImap, ScriptedPop3
from tests.servers.dovecot import Dovecot, StoredMail
from tests.servers.smtp import ReceivedMail, SmtpServer

PASSWORD = "s3cret-word"


class SourceWorld(Protocol):
    """A mail server with one account and the connector to it."""

    kind: ClassVar[str]  # in the registry

    def source(
        self, *, folder: str = ..., password: str = ..., timeouts: Timeouts = ..., port: int | None = ...
    ) -> Source:
        """The connector; `port` goes through a proxy to the same server. `folder` is for kinds that have folders."""
        ...

    def throttling(self) -> AbstractContextManager[Source]:
        """A connector to a server that asks to wait."""
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

    def read(self) -> None:
        """Somebody has opened every mail in another program."""
        ...

    def reset(self) -> None:
        """The same mail is there under other ids, as after a restored backup."""
        ...

    def stop(self) -> None:
        """Nothing listens any more."""
        ...

    def restart(self) -> None:
        """Every connection was cut, and the server answers again."""
        ...


@dataclass(frozen=True)
class DovecotWorld:
    """An account of its own on Dovecot."""

    dovecot: Dovecot
    user: str

    @property
    def port(self) -> int:
        raise NotImplementedError

    def login(self, *, port: int | None = None, password: str = PASSWORD, timeouts: Timeouts = PATIENT) -> ServerLogin:
        return login(
            port or self.port,
            security=Security.TLS,
            username=self.user,
            password=password,
            ca_path=self.dovecot.ca_path,
            timeouts=timeouts,
        )

    def deliver(self, raw: bytes, *, folder: str = "INBOX") -> None:
        self.dovecot.deliver(self.user, raw, folder=folder)

    def messages(self, folder: str = "INBOX") -> list[StoredMail]:
        return self.dovecot.folder_messages(self.user, folder)

    def read(self) -> None:
        with self.dovecot.client(self.user) as client:
            client.select_folder("INBOX")
            client.add_flags(client.search(), [rb"\Seen"])

    def reset(self) -> None:
        self.dovecot.reset_uidvalidity(self.user)

    def stop(self) -> None:
        self.dovecot.kill()

    def restart(self) -> None:
        self.dovecot.restart()


@dataclass(frozen=True)
class ImapWorld(DovecotWorld):
    """Over IMAP."""

    kind: ClassVar[str] = "imap"

    @property
    def port(self) -> int:
        return self.dovecot.imaps_port

    def config(self, *, port: int | None = None, timeouts: Timeouts = PATIENT) -> ImapConfig:
        return ImapConfig(self.login(port=port, timeouts=timeouts))

    def source(
        self,
        *,
        folder: str = "INBOX",
        password: str = PASSWORD,
        timeouts: Timeouts = PATIENT,
        port: int | None = None,
    ) -> Source:
        return source_for("imap", ImapConfig(self.login(port=port, password=password, timeouts=timeouts), folder))

    @contextmanager
    def throttling(self) -> Iterator[Source]:
        words = b"TAG NO Request is throttled. Suggested Backoff Time: 7000 milliseconds\r\n"
        with ScriptedImap({"LOGIN": words}) as server:
            yield source_for("imap", imap(server.port))


@dataclass(frozen=True)
class Pop3World(DovecotWorld):
    """Over POP3."""

    kind: ClassVar[str] = "pop3"

    @property
    def port(self) -> int:
        return self.dovecot.pop3s_port

    def config(self, *, port: int | None = None, timeouts: Timeouts = PATIENT) -> Pop3Config:
        return Pop3Config(self.login(port=port, timeouts=timeouts))

    def source(
        self,
        *,
        folder: str = "INBOX",
        password: str = PASSWORD,
        timeouts: Timeouts = PATIENT,
        port: int | None = None,
    ) -> Source:
        assert folder == "INBOX"
        return source_for("pop3", Pop3Config(self.login(port=port, password=password, timeouts=timeouts)))

    @contextmanager
    def throttling(self) -> Iterator[Source]:
        answers = {"PASS": b"-ERR [LOGIN-DELAY] too soon\r\n", "CAPA": b"+OK\r\nLOGIN-DELAY 7\r\n.\r\n"}
        with ScriptedPop3(answers) as server:
            yield source_for("pop3", pop3(server.port))


def imap_world(dovecot: Dovecot, user: str) -> ImapWorld:
    """A fresh account."""
    dovecot.add_user(user, PASSWORD)
    return ImapWorld(dovecot, user)


def pop3_world(dovecot: Dovecot, user: str) -> Pop3World:
    """A fresh account."""
    dovecot.add_user(user, PASSWORD)
    return Pop3World(dovecot, user)


class SenderWorld(Protocol):
    """A server that mail leaves through and the connector to it."""

    address: str  # who sends

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

    def refuse(self, *, permanent: bool) -> None:
        """The next mail is refused after the mark."""
        ...

    def lose_before_the_mark(self) -> None:
        """The connection ends before the next mail's mark."""
        ...

    def lose_the_answer(self, *, arrives: bool) -> None:
        """The next mail leaves or not, and nobody hears of it."""
        ...


@dataclass(frozen=True)
class SmtpWorld:
    """The test server with TLS."""

    server: SmtpServer
    address: str = "ann@x.example"

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

    def refuse(self, *, permanent: bool) -> None:
        self.server.behave(end_answer="554 5.6.0 spam" if permanent else "451 4.3.0 later")

    def lose_before_the_mark(self) -> None:
        self.server.behave(drop="rcpt")

    def lose_the_answer(self, *, arrives: bool) -> None:
        self.server.behave(drop="end_kept" if arrives else "end_lost")


def smtp_world(server: SmtpServer) -> SmtpWorld:
    """A server at which ann may sign in."""
    server.behave(users={"ann": PASSWORD})
    return SmtpWorld(server)


# One row a kind, and one more for each way of opening it (`kind+way`). A row asks for the fixtures it needs, and has an
# account of this name that no other test uses.
SOURCE_WORLDS: dict[str, Callable[[pytest.FixtureRequest, str], SourceWorld]] = {
    "imap": lambda request, user: imap_world(request.getfixturevalue("dovecot"), user),
    "pop3": lambda request, user: pop3_world(request.getfixturevalue("dovecot"), user),
    "graph": lambda request, user: graph_world(request.getfixturevalue("graph"), user),
    "graph+signed_in": lambda request, user: signed_in(graph_world(request.getfixturevalue("graph"), user)),
    "graph+shared": lambda request, user: signed_in_for(graph_world(request.getfixturevalue("graph"), user)),
    "ews": lambda request, user: ews_world(request.getfixturevalue("ews"), user),
}


def traits(row: str) -> Traits:
    """Those of the row's kind, whichever way it is opened."""
    return traits_of(row.partition("+")[0])


SENDER_WORLDS: dict[str, Callable[[pytest.FixtureRequest], SenderWorld]] = {
    "smtp": lambda request: smtp_world(request.getfixturevalue("smtp_server")),
    "graph": lambda request: GraphSenderWorld(graph_world(request.getfixturevalue("graph"), "ann@x.example")),
    "ews": lambda request: EwsSenderWorld(ews_world(request.getfixturevalue("ews"), "ann@x.example")),
    "graph+signed_in": lambda request: GraphSenderWorld(
        signed_in(graph_world(request.getfixturevalue("graph"), "ann@x.example"))
    ),
    "graph+shared": lambda request: GraphSenderWorld(
        signed_in_for(graph_world(request.getfixturevalue("graph"), "ann@x.example"))
    ),
}
