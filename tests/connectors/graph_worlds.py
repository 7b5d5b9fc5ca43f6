"""A mailbox on the fake of Microsoft Graph, and the connectors to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import ClassVar

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import GraphConfig, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph import GraphSource
from mailboxes.connectors.graph_sending import GraphSender
from mailboxes.connectors.oauth.clouds import CloudHosts
from tests.connectors.configs import LOOPBACK, PATIENT
from tests.connectors.fake_worlds import FakeWorld
from tests.fakes.graph import READ, READ_WRITE, SEND, SHARED, TOKEN, FakeGraph, Sent, graph_error, throttled
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Answer, Fault
from tests.servers.smtp import ReceivedMail


@dataclass
class FixedToken:
    """Gives the same token, and another once it was refused; after that there is none."""

    value: str = TOKEN
    next_value: str = ""
    refused: list[str] = field(default_factory=list)

    def token(self, *, refused: str = "") -> str:
        if not refused:
            return self.value
        self.refused.append(refused)
        if not self.next_value:
            raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True)
        self.value, self.next_value = self.next_value, ""
        return self.value


@dataclass
class GraphWorld(FakeWorld):
    """One user of the fake."""

    kind: ClassVar[str] = "graph"

    graph: FakeGraph
    user: str
    tokens: FixedToken = field(default_factory=FixedToken)
    person: str | None = None  # who signed in; None: the app

    @property
    def fake(self) -> FakeGraph:
        return self.graph

    @property
    def mailbox(self) -> FakeMailbox:
        return self.graph.mailbox(self.user)

    def config(self, *, folder: str = "INBOX", timeouts: Timeouts = PATIENT, port: int | None = None) -> GraphConfig:
        host = f"localhost:{port or self.graph.port}"
        return GraphConfig(
            user=self.user,
            person=self.person,
            hosts=cloud_at(host),
            tokens=self.tokens,
            guard=HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({port or self.graph.port})),
            timeouts=timeouts,
            ca_file=str(self.graph.authority.ca_path),
            folder=folder,
        )

    def source(
        self, *, folder: str = "INBOX", password: str = "", timeouts: Timeouts = PATIENT, port: int | None = None
    ) -> GraphSource:
        """password: the token, unless it is the one that is good."""
        config = self.config(folder=folder, timeouts=timeouts, port=port)
        return GraphSource(replace(config, tokens=FixedToken(password)) if password else config)

    @contextmanager
    def throttling(self) -> Iterator[GraphSource]:
        for folder in ("inbox", "junkemail"):
            self.graph.next(f"/mailFolders/{folder}", throttled(7))
        yield self.source()

    def sender(self, *, timeouts: Timeouts = PATIENT, port: int | None = None) -> GraphSender:
        return GraphSender(self.config(timeouts=timeouts, port=port))

    @property
    def sent(self) -> list[Sent]:
        return self.graph.sent

    def next_draft(self, instead: Answer | Fault) -> None:
        self.graph.next("/messages", instead)

    def next_send(self, instead: Answer | Fault) -> None:
        self.graph.next("/send", instead)


@dataclass(frozen=True)
class GraphSenderWorld:
    """The mailbox as a place mail leaves from."""

    world: GraphWorld

    @property
    def address(self) -> str:
        return self.world.user

    @property
    def port(self) -> int:
        return self.world.port

    def sender(self, *, password: str = "", timeouts: Timeouts = PATIENT, port: int | None = None) -> GraphSender:
        """password: the token, unless it is the one that is good."""
        config = self.world.config(timeouts=timeouts, port=port)
        return GraphSender(replace(config, tokens=FixedToken(password)) if password else config)

    def received(self) -> list[ReceivedMail]:
        sent = self.world.sent
        return [ReceivedMail(mail.raw, mail.sender, mail.recipients, (), mail.sender, True) for mail in sent]

    def refuse(self, *, permanent: bool) -> None:
        self.world.next_send(graph_error(400, "ErrorInvalidRecipients") if permanent else throttled(3))

    def lose_before_the_mark(self) -> None:
        self.world.next_draft(Fault.CUT)

    def lose_the_answer(self, *, arrives: bool) -> None:
        self.world.next_send(Fault.CUT_AFTER if arrives else Fault.CUT)


def cloud_at(host: str) -> CloudHosts:
    """A cloud all of whose services are at this host and port."""
    return CloudHosts(login=host, graph=host, exchange=host, exchange_resource=f"https://{host}")


def graph_world(graph: FakeGraph, user: str) -> GraphWorld:
    """A fresh mailbox in English, whose folders for sent mail and junk are called as the contract calls them."""
    world = GraphWorld(graph, user)
    for name, shown in (("sentitems", "Sent"), ("junkemail", "Junk")):
        world.mailbox.well_known[name].name = shown
    return world


def signed_in(world: GraphWorld) -> GraphWorld:
    """The mailbox of somebody who signed in."""
    return _opened_by(world, world.user, granted={READ_WRITE, SEND, READ})


def signed_in_for(world: GraphWorld, person: str = "ann@fernhollow.example") -> GraphWorld:
    """The mailbox is shared with a person, who signed in."""
    world.graph.shared.setdefault(world.user, set()).add(person)
    return _opened_by(world, person, granted={READ_WRITE + SHARED, SEND + SHARED})


def _opened_by(world: GraphWorld, person: str, *, granted: set[str]) -> GraphWorld:
    token = f"token-of-{person}"
    world.graph.tokens[token], world.graph.people[token] = frozenset(granted), person
    world.tokens, world.person = FixedToken(token), person
    return world
