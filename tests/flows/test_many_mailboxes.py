"""Several mailboxes at one desk: mail of all of them in one queue, each answered from its own address."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Team
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutboxMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from ticketing.models import Message, MessageKind, Status, Ticket

pytestmark = pytest.mark.django_db
ADDRESSES = [f"desk{number}@fernhollow.test" for number in range(12)]


@pytest.fixture
def desks(fernhollow: Any, settings: Any, tmp_path: Any) -> list[Mailbox]:
    """A dozen mailboxes, each with a server for sending; the first two belong to one team."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with organization_scope(fernhollow.id):
        team = Team.objects.create(name="Repairs")
        return [
            make_mailbox(
                make_outgoing_server(host=f"127.0.0.{number + 1}"),
                address=address,
                name=f"Desk {number}",
                team=team if number < 2 else None,
                after_import="seen" if number == 0 else "leave",
            )
            for number, address in enumerate(ADDRESSES)
        ]


@pytest.mark.req("S3.2", "S4.2")
def test_any_number_of_mailboxes_stands_in_one_list(desks: list[Mailbox], people: Any, client: Client) -> None:
    client.force_login(people.admin.user)
    page = client.get("/o/fernhollow/mailboxes/").content.decode()
    assert [address for address in ADDRESSES if address not in page] == []


@pytest.mark.req("S3.3", "S5.2", "S5.3", "S5.4", "S4.23")
def test_mail_of_each_mailbox_is_in_one_queue_and_answered_from_its_own(
    desks: list[Mailbox], fernhollow: Any, people: Any, client: Client
) -> None:
    client.force_login(people.agent.user)
    with organization_scope(fernhollow.id):
        for mailbox in desks[:3]:
            receive(mailbox, make_mail(subject=f"To {mailbox.name}", to=mailbox.address))
        tickets = {ticket.subject: ticket for ticket in Ticket.objects.select_related("team")}
    assert [getattr(tickets[f"To Desk {n}"].team, "name", None) for n in range(3)] == ["Repairs", "Repairs", None]
    queue = client.get("/o/fernhollow/views/needs-reply/").content.decode()
    assert all(f"To Desk {n}" in queue for n in range(3))
    for n in range(3):
        ticket = tickets[f"To Desk {n}"]
        with organization_scope(fernhollow.id):
            question = Message.objects.get(ticket=ticket)
        answer = {
            "mode": "reply",
            "html": "<p>Here.</p>",
            "to": ["anna@customer.test"],
            "answers": question.pk,
            "seen_position": ticket.last_position,
        }
        assert client.post(f"/o/fernhollow/tickets/{ticket.number}/answers/", answer).status_code == 302
    with organization_scope(fernhollow.id):
        sent = OutboxMessage.objects.order_by("id").values_list("mail_from", "outgoing_id")
        assert list(sent) == [(mailbox.address, mailbox.outgoing_id) for mailbox in desks[:3]]


@pytest.mark.req("S2.18", "S2.16")
def test_history_imported_as_closed_is_reopened_by_hand(
    desks: list[Mailbox], fernhollow: Any, people: Any, client: Client
) -> None:
    client.force_login(people.admin.user)
    with organization_scope(fernhollow.id):
        Mailbox.objects.filter(id=desks[3].id).update(existing_mail="closed")
        receive(desks[3], make_mail(subject="Still going on"), is_history=True)
        ticket = Ticket.objects.get()
        assert ticket.status == Status.CLOSED
    changed = client.post(f"/o/fernhollow/tickets/{ticket.number}/changes/status/", {"value": "open"})
    assert changed.status_code in (200, 204, 302)
    with organization_scope(fernhollow.id):
        assert Ticket.objects.get().status == Status.OPEN
        assert not Message.objects.filter(kind=MessageKind.OUTBOUND).exists()


def test_a_deleted_mailbox_leaves_its_tickets_their_files_and_its_log(
    desks: list[Mailbox], fernhollow: Any, people: Any, client: Client
) -> None:
    client.force_login(people.admin.user)
    with organization_scope(fernhollow.id):
        receive(desks[4], make_mail(subject="Left behind", text="Where will I go?\n", files=[("plan.txt", b"plan")]))
        ticket = Ticket.objects.get()
        question = Message.objects.get()
    assert client.post(f"/o/fernhollow/mailboxes/{desks[4].pk}/deletion/").status_code == 302
    page = client.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert "Where will I go?" in page
    assert "plan.txt" in page
    assert "Left behind" in client.get("/o/fernhollow/views/needs-reply/").content.decode()
    assert "Left behind" in client.get("/o/fernhollow/inbound-log/").content.decode()
    with organization_scope(fernhollow.id):
        assert Message.objects.get().raw_id == question.raw_id is not None
