"""A mailbox on the fake of an Exchange server, and the connector to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from mailboxes.connectors.config import EwsConfig, Security, Timeouts
from mailboxes.connectors.ews import EwsSource
from mailboxes.connectors.ews_sending import EwsSender
from tests.connectors.configs import PATIENT, login
from tests.connectors.fake_worlds import FakeWorld
from tests.fakes.ews import PASSWORD, VERSIONS, FakeEws
from tests.fakes.ews_soap import FAULT_STATUS, envelope, fault, problem
from tests.fakes.graph import Sent
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Answer, Fault
from tests.servers.smtp import ReceivedMail

ENDPOINT = "/EWS/Exchange.asmx"


def busy(back_off_ms: int | None = None) -> Answer:
    """The server asks to wait."""
    words = "The server cannot service this request right now. Try again later."
    return Answer(FAULT_STATUS, fault("ErrorServerBusy", words, back_off_ms=back_off_ms), media_type="text/xml")


def refused(operation: str, code: str) -> Answer:
    """The one thing that was asked for is refused."""
    messages = [problem(code, operation=operation)]
    return Answer(content=envelope(operation, messages, "Exchange2016", VERSIONS), media_type="text/xml; charset=utf-8")


@dataclass
class EwsWorld(FakeWorld):
    """One user of the fake."""

    kind: ClassVar[str] = "ews"

    ews: FakeEws
    user: str

    @property
    def fake(self) -> FakeEws:
        return self.ews

    @property
    def mailbox(self) -> FakeMailbox:
        return self.ews.mailbox(self.user)

    def config(
        self, *, folder: str = "INBOX", password: str = PASSWORD, timeouts: Timeouts = PATIENT, port: int | None = None
    ) -> EwsConfig:
        account = login(
            port or self.port,
            security=Security.TLS,
            username=self.user,
            password=password,
            ca_path=self.ews.authority.ca_path,
            timeouts=timeouts,
        )
        return EwsConfig(login=account, user=self.user, folder=folder)

    def source(
        self,
        *,
        folder: str = "INBOX",
        password: str = PASSWORD,
        timeouts: Timeouts = PATIENT,
        port: int | None = None,
        **changes: Any,
    ) -> EwsSource:
        """changes: of the config."""
        return EwsSource(
            replace(self.config(folder=folder, password=password, timeouts=timeouts, port=port), **changes)
        )

    @contextmanager
    def throttling(self) -> Iterator[EwsSource]:
        self.ews.next(ENDPOINT, busy(7000))
        yield self.source()

    def sender(
        self, *, password: str = PASSWORD, timeouts: Timeouts = PATIENT, port: int | None = None, **changes: Any
    ) -> EwsSender:
        """changes: of the config."""
        return EwsSender(replace(self.config(password=password, timeouts=timeouts, port=port), **changes))

    @property
    def sent(self) -> list[Sent]:
        return self.ews.sent

    def next_draft(self, instead: Answer | Fault) -> None:
        self.ews.next_at("CreateItem", instead)

    def next_send(self, instead: Answer | Fault) -> None:
        self.ews.next_at("SendItem", instead)


@dataclass(frozen=True)
class EwsSenderWorld:
    """The mailbox as a place mail leaves from."""

    world: EwsWorld

    @property
    def address(self) -> str:
        return self.world.user

    @property
    def port(self) -> int:
        return self.world.port

    def sender(self, *, password: str = PASSWORD, timeouts: Timeouts = PATIENT, port: int | None = None) -> EwsSender:
        return self.world.sender(password=password, timeouts=timeouts, port=port)

    def received(self) -> list[ReceivedMail]:
        sent = self.world.sent
        return [ReceivedMail(mail.raw, mail.sender, mail.recipients, (), mail.sender, True) for mail in sent]

    def refuse(self, *, permanent: bool) -> None:
        self.world.next_send(refused("SendItem", "ErrorInvalidRecipients") if permanent else busy(3000))

    def lose_before_the_mark(self) -> None:
        self.world.next_draft(Fault.CUT)

    def lose_the_answer(self, *, arrives: bool) -> None:
        self.world.next_send(Fault.CUT_AFTER if arrives else Fault.CUT)


def ews_world(ews: FakeEws, user: str) -> EwsWorld:
    """A user with a password and an empty mailbox, whose folders are called as the contract calls them."""
    ews.offers = ["basic"]
    ews.users[user] = PASSWORD
    world = EwsWorld(ews, user)
    for name, shown in (("sentitems", "Sent"), ("junkemail", "Junk")):
        world.mailbox.well_known[name].name = shown
    return world
