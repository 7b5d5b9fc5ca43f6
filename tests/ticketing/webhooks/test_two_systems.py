"""Two helpdesks beside each other, as in a trial: what happens in one shows in the other, once, and both end alike.

Two organizations on one live server, each an integration of the other. Each step runs in the scope of one of them
alone: on PostgreSQL row-level security keeps the other one's rows from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from helpdesk.lib import clock, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail, process_due, store
from tests.factories.integrations import make_integration
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.people import make_member, make_organization
from tests.fakes.https import Fault
from tests.fakes.tls_front import TlsFront
from ticketing.mail.values import Address
from ticketing.models import (
    Attachment,
    DeliveryStatus,
    EventKind,
    EventType,
    IncomingCall,
    Integration,
    MessageKind,
    Proof,
    Status,
    Tag,
    Ticket,
    TicketEvent,
    WebhookDelivery,
)
from ticketing.outbound.replies import Answer, queue_reply
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.notes import add_note
from ticketing.services.syncing.hooks import create_hook
from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both, pytest.mark.req("S3.5", "S3.6", "S3.7")]

PDF = b"%PDF-1.7\nlamp\n%%EOF\n"


@dataclass
class Desk:
    """One of the two."""

    organization: Any
    agent: Any
    mailbox: Any
    integration: Integration
    path: str = ""  # where it is called
    secret: str = ""  # by which calls to it are signed

    def scope(self) -> Any:
        return organization_scope(self.organization.id)

    def ticket(self) -> Ticket:
        """Its only ticket."""
        with self.scope():
            return Ticket.objects.get()

    def shows(self) -> dict[str, Any]:
        """What a person sees of its only ticket."""
        with self.scope():
            ticket = Ticket.objects.get()
            return {
                "subject": ticket.subject,
                "status": ticket.status,
                "priority": ticket.priority,
                "tags": sorted(tag.name for tag in ticket.tags.all()),
                "messages": [(each.kind, each.text.strip()) for each in ticket.messages.order_by("created_at", "id")],
            }

    def move(self, status: Status) -> None:
        """Its agent sets the status."""
        ticket = self.ticket()
        with self.scope():
            changes.change_status([ticket], status=status, by=By(actor=self.agent))


@dataclass
class World:
    """Both, and what is between them."""

    a: Desk
    b: Desk
    front: TlsFront

    def run(self, at: datetime | None = None) -> None:
        """Whatever is due on either side is done until nothing is."""
        with clock.held_at(at or clock.now()):
            while sum(drains.drain_now(kind, budget_s=60) for kind in (WorkKind.FOLLOW, WorkKind.WEBHOOK)):
                pass

    def run_later(self) -> None:
        """The same when the pauses after a failure are over."""
        self.run(clock.now() + timedelta(minutes=2))


def _desk(slug: str, other: str) -> Desk:
    organization = make_organization(slug)
    agent = make_member(organization, name=f"Agent of {slug}")
    with organization_scope(organization.id):
        mailbox = make_mailbox(make_outgoing_server(), address=f"support@{slug}.test", is_primary=True)
        integration = make_integration(agent, name=other)
        given = create_hook(integration, proof=Proof.SIGNATURE, actor=agent)
    return Desk(organization, agent, mailbox, integration, urlsplit(given.address).path, given.secret)


@pytest.fixture
def world(
    oauth_settings: Any, certificate_authority: Any, quiet_server: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Two desks that tell each other everything."""
    a, b = _desk("alpha", "Beta"), _desk("beta", "Alpha")
    with TlsFront(certificate_authority, behind=quiet_server.url) as front:
        for own, other in ((a, b), (b, a)):
            data = WebhookInput(front.url(other.path), EventType.values, secret=other.secret, sends_files=True)
            with own.scope():
                create_webhook(own.integration, data, actor=own.agent)
        yield World(a, b, front)


@pytest.fixture
def mailed(world: World) -> World:
    """A customer has written to A, and B knows."""
    words = {"subject": "Broken lamp", "text": "The lamp does not work.\n", "message_id": "lamp@customer.test"}
    mail = make_mail(**words, files=[("lamp.pdf", PDF)])
    with world.a.scope():
        store(world.a.mailbox, mail)
    process_due()
    world.run()
    return world


def _reply(desk: Desk, text: str) -> None:
    ticket = desk.ticket()
    with desk.scope():
        question = ticket.messages.filter(kind=MessageKind.INBOUND).first()
        answer = Answer(
            html=f"<p>{text}</p>",
            to=[Address("Anna Berg", "anna@customer.test")],
            seen_position=ticket.last_position,
            undo_s=0,
        )
        queue_reply(ticket, author=desk.agent, answer=answer, answered=question)


def test_a_mail_in_one_is_a_ticket_in_the_other(mailed: World) -> None:
    assert mailed.a.shows() == mailed.b.shows()
    assert mailed.b.shows()["messages"] == [("inbound", "The lamp does not work.")]
    ticket = mailed.b.ticket()
    with mailed.b.scope():
        assert ticket.requester.addresses.get().address == "anna@customer.test"
        assert (ticket.needs_reply, ticket.has_attachments) == (True, True)
        [file] = Attachment.objects.select_related("blob")
        assert (file.filename, file.content_type) == ("lamp.pdf", "application/pdf")
        assert files.read(file.blob.storage_key) == PDF
        assert "JVBER" not in IncomingCall.objects.get(state="applied").body


def test_what_agents_do_on_either_side_shows_on_both_once(mailed: World) -> None:
    a, b = mailed.a, mailed.b
    _reply(b, "Is the bulb in?")
    mailed.run()
    with a.scope():
        changes.add_tag([Ticket.objects.get()], name="lamp", by=By(actor=a.agent))
        add_note(Ticket.objects.get(), author=a.agent, html="<p>He rang, too.</p>")
    with b.scope():
        changes.add_tag([Ticket.objects.get()], name="urgent", by=By(actor=b.agent))
        changes.rename(Ticket.objects.get(), subject="Lamp without bulb", by=By(actor=b.agent))
    mailed.run()
    _reply(a, "Put one in.")
    b.move(Status.SOLVED)
    mailed.run()
    with a.scope():
        changes.remove_tag(Ticket.objects.get(), tag=Tag.objects.get(name="urgent"), by=By(actor=a.agent))
    mailed.run()
    assert a.shows() == b.shows()
    shown = a.shows()
    assert (shown["subject"], shown["status"], shown["tags"]) == ("Lamp without bulb", "solved", ["lamp"])
    assert [kind for kind, _text in shown["messages"]] == ["inbound", "outbound", "note", "outbound"]


def test_nothing_is_sent_to_the_customer_by_the_one_that_only_shows_it(mailed: World) -> None:
    _reply(mailed.b, "Is the bulb in?")
    mailed.run()
    with mailed.a.scope():
        [shown] = Ticket.objects.get().messages.filter(kind=MessageKind.OUTBOUND)
        assert shown.outbox_id is None
        assert shown.integration == mailed.a.integration


def test_nothing_comes_back_to_where_it_was_made(mailed: World) -> None:
    mailed.a.move(Status.HOLD)
    mailed.run()
    with mailed.b.scope():
        assert not WebhookDelivery.objects.exists()
        changed = TicketEvent.objects.get(kind=EventKind.STATUS_CHANGED)
        assert changed.integration == mailed.b.integration


def test_an_answer_of_the_customer_to_the_other_one_finds_the_ticket(mailed: World) -> None:
    _reply(mailed.b, "Is the bulb in?")
    mailed.run()
    with mailed.b.scope():
        sent = Ticket.objects.get().messages.get(kind=MessageKind.OUTBOUND).message_id
    with mailed.a.scope():
        store(mailed.a.mailbox, make_mail(text="It is.\n", answers=sent))
    process_due()
    mailed.run()
    assert mailed.a.shows() == mailed.b.shows()
    assert len(mailed.a.shows()["messages"]) == 3


@pytest.mark.parametrize("late", ["a", "b"])
def test_changes_that_cross_end_the_same_on_both_sides_and_both_are_in_the_history(mailed: World, late: str) -> None:
    first, second = (mailed.a, mailed.b) if late == "b" else (mailed.b, mailed.a)
    first.move(Status.SOLVED)
    second.move(Status.HOLD)
    mailed.run()
    assert mailed.a.shows()["status"] == mailed.b.shows()["status"] == "hold"
    with second.scope():
        overruled = TicketEvent.objects.get(kind=EventKind.SYNC_OVERRULED)
        assert (overruled.data["field"], overruled.data["value"]) == ("status", "solved")
    with first.scope():
        moves = TicketEvent.objects.filter(kind=EventKind.STATUS_CHANGED).order_by("position")
        assert [event.data["to"] for event in moves] == ["solved", "hold"]


def test_changes_of_the_same_moment_end_the_same_on_both_sides(mailed: World) -> None:
    with clock.held_at(clock.now()):
        mailed.a.move(Status.SOLVED)
        mailed.b.move(Status.CLOSED)
    mailed.run()
    assert mailed.a.shows()["status"] == mailed.b.shows()["status"]


def test_other_fields_that_cross_are_both_kept(mailed: World) -> None:
    mailed.a.move(Status.HOLD)
    with mailed.b.scope():
        changes.add_tag([Ticket.objects.get()], name="lamp", by=By(actor=mailed.b.agent))
    mailed.run()
    assert mailed.a.shows() == mailed.b.shows()
    assert (mailed.a.shows()["status"], mailed.a.shows()["tags"]) == ("hold", ["lamp"])


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_AFTER])
def test_a_call_that_is_cut_off_doubles_nothing(mailed: World, fault: Fault) -> None:
    mailed.front.next(mailed.b.path, fault)
    _reply(mailed.a, "Is the bulb in?")
    mailed.run()
    mailed.run_later()
    assert mailed.a.shows() == mailed.b.shows()
    assert len(mailed.b.shows()["messages"]) == 2
    with mailed.a.scope():
        assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {DeliveryStatus.SENT}


def test_a_mail_that_came_to_both_is_one_ticket_on_each_side(mailed: World) -> None:
    mail = make_mail(subject="Both", text="To both of you.\n", message_id="both@customer.test")
    for desk in (mailed.a, mailed.b):
        with desk.scope():
            store(desk.mailbox, mail)
    process_due()
    mailed.run()
    for desk in (mailed.a, mailed.b):
        with desk.scope():
            assert Ticket.objects.filter(subject="Both").count() == 1
            assert Ticket.objects.get(subject="Both").messages.count() == 1


def test_each_call_is_kept_with_what_came_of_it(mailed: World) -> None:
    with mailed.b.scope():
        [call] = IncomingCall.objects.all()
        assert (call.state, call.ticket) == ("applied", Ticket.objects.get())
    assert not WorkItem.objects.filter(kind=WorkKind.ACCEPT).exists()
