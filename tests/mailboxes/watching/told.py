"""A mailbox that Microsoft tells of new mail, and what is due for its subscription."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GraphSubscription, Mailbox
from mailboxes.queries.mailbox_list import states_of
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.fakes.graph import FakeGraph
from tests.fakes.graph_subscriptions import Subscription
from tests.mailboxes.graph import Microsoft

ADDRESS = "support@fernhollow.example"
PUBLIC = "https://desk.example"


class Told:
    """A mailbox of fernhollow's by an app registration that wants real time, and what Microsoft has of it."""

    def __init__(self, microsoft: Microsoft, organization: Any) -> None:
        self.microsoft, self.organization = microsoft, organization
        self.graph: FakeGraph = microsoft.graph
        with organization_scope(organization.id):
            self.mailbox_id = create_mailbox(self.entered()).pk

    def entered(self, **values: Any) -> Any:
        """The mailbox as an admin enters it."""
        return self.microsoft.entered(ADDRESS, **{"is_real_time": True, **values})

    def change(self, what: Callable[[Mailbox], object]) -> None:
        """Something is done with the mailbox by a person, and the worker is at it."""
        with organization_scope(self.organization.id):
            what(Mailbox.objects.select_related("connection", "outgoing").get(id=self.mailbox_id))
        self.work()

    def work(self) -> None:
        """What is due for the subscription is done."""
        drains.drain_now(WorkKind.SUBSCRIBE, budget_s=20)

    def work_again(self) -> None:
        """The same once pauses and leases are over."""
        self.items(WorkKind.SUBSCRIBE).update(leased_until=None, due_at=clock.now())
        self.work()

    def items(self, kind: WorkKind) -> Any:
        """The mailbox's item of this kind."""
        return WorkItem.objects.filter(kind=kind, row_id=self.mailbox_id)

    def due_at(self, kind: WorkKind) -> Any:
        """When it is due."""
        return self.items(kind).get().due_at

    def is_poll_due(self) -> bool:
        """True if the mailbox is polled now."""
        return bool(self.due_at(WorkKind.POLL) <= clock.now())

    def rest(self) -> None:
        """Nothing is due for a day."""
        self.items(WorkKind.POLL).update(due_at=clock.now() + timedelta(days=1))

    def row(self) -> GraphSubscription | None:
        """What is known of the subscription."""
        with organization_scope(self.organization.id):
            return GraphSubscription.objects.filter(mailbox_id=self.mailbox_id).first()

    def mailbox(self) -> Mailbox:
        """As it is stored."""
        with organization_scope(self.organization.id):
            found: Mailbox = Mailbox.objects.get(id=self.mailbox_id)
            return found

    def stands(self) -> tuple[str, str]:
        """How real time stands, and why."""
        mailbox = self.mailbox()
        return mailbox.real_time, mailbox.real_time_reason

    def said(self) -> str:
        """What people read about real time."""
        with organization_scope(self.organization.id):
            state = states_of([Mailbox.objects.select_related("connection__grant").get(id=self.mailbox_id)])[0]
        assert state.real_time is not None
        return f"{state.real_time.word} {state.real_time.why_not}".strip()

    @property
    def alive(self) -> list[Subscription]:
        """What Microsoft has."""
        return self.graph.subscriptions.alive

    def is_one(self) -> bool:
        """True if Microsoft has one subscription, and it is the one that is known."""
        row = self.row()
        return row is not None and not row.is_creating and [made.id for made in self.alive] == [row.remote_id]
