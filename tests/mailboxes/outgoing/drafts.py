"""Mailboxes that send through a draft, at the fakes of Graph and of Exchange."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django_scopes import scope

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.postgresql.base import DatabaseWrapper
from helpdesk.tenancy.state import current_organization_id
from mailboxes.models import ConnectionKind, Mailbox, OutboxMessage, SecurityChoice
from mailboxes.services.setup.mailbox_inputs import ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.connectors.ews_worlds import busy
from tests.factories.mailboxes import mailbox_input
from tests.fakes.ews import PASSWORD, FakeEws
from tests.fakes.graph import FakeGraph, throttled
from tests.fakes.graph_mailbox import FakeItem, FakeMailbox
from tests.fakes.https import Answer, Fault
from tests.mailboxes.dated import USER
from tests.mailboxes.graph import make_graph_mailbox, make_registration


class Desk(ABC):
    """One mailbox of the fake, and fernhollow's that sends from it."""

    mailbox: Mailbox

    @property
    @abstractmethod
    def box(self) -> FakeMailbox:
        """What lies at the provider."""

    @property
    @abstractmethod
    def sent(self) -> Sequence[Any]:
        """The mails that left, in order: sender and recipients of each."""

    @property
    @abstractmethod
    def drafts_made(self) -> int:
        """How often a draft was asked for."""

    @abstractmethod
    def next_send(self, instead: Answer | Fault) -> None:
        """The next draft that is to be sent gets this instead."""

    @abstractmethod
    def asks_to_wait(self, seconds: int) -> None:
        """The next draft is refused until later."""

    @property
    def drafts(self) -> list[FakeItem]:
        """What lies unsent."""
        return self.box.held(self.box.well_known["drafts"])


@dataclass
class GraphDesk(Desk):
    """One of Microsoft 365."""

    graph: FakeGraph

    def __post_init__(self) -> None:
        self.graph.mailbox(USER)
        self.mailbox = make_graph_mailbox(make_registration(), user=USER)

    @property
    def box(self) -> FakeMailbox:
        return self.graph.mailbox(USER)

    @property
    def sent(self) -> Sequence[Any]:
        return self.graph.sent

    @property
    def drafts_made(self) -> int:
        return [request.method for request in self.graph.asked(f"{USER}/messages")].count("POST")

    def next_send(self, instead: Answer | Fault) -> None:
        self.graph.next("/send", instead)

    def asks_to_wait(self, seconds: int) -> None:
        self.graph.next("/messages", throttled(seconds))


@dataclass
class EwsDesk(Desk):
    """One of an Exchange server, as the product makes one that sends through itself."""

    ews: FakeEws

    def __post_init__(self) -> None:
        incoming = ServerInput("localhost", self.ews.port, SecurityChoice.TLS, USER, PASSWORD, kind=ConnectionKind.EWS)
        self.mailbox = create_mailbox(mailbox_input(incoming=incoming, address=USER, sends_itself=True))

    @property
    def box(self) -> FakeMailbox:
        return self.ews.mailbox(USER)

    @property
    def sent(self) -> Sequence[Any]:
        return self.ews.sent

    @property
    def drafts_made(self) -> int:
        return self.ews.operations.count("CreateItem")

    def next_send(self, instead: Answer | Fault) -> None:
        self.ews.next_at("SendItem", instead)

    def asks_to_wait(self, seconds: int) -> None:
        self.ews.next_at("CreateItem", busy(seconds * 1000))


def look(*, times: int = 1) -> None:
    """So many looks at what came of mails, each when it is due."""
    for _ in range(times):
        WorkItem.objects.filter(kind=WorkKind.FILE_SENT).update(due_at=clock.now())
        with scope(organization=None):
            drains.drain_now(WorkKind.FILE_SENT)
        if isinstance(wrapper := connections["default"], DatabaseWrapper):
            wrapper.name_organization(current_organization_id())


def state_of(outbox: OutboxMessage) -> tuple[str, bool]:
    """The mail's state, and whether it has a handle."""
    outbox.refresh_from_db()
    return outbox.state, bool(outbox.handle)
