"""An answer is in the ticket and in the outbox at once, and says to the world what it must."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from helpdesk.lib import clock, faults, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import OutboxMessage, OutboxRecipient, SenderCheck
from mailboxes.services.sending.sender_checks import way_of
from tests.factories.tickets import add_message
from tests.ticketing.outbound.answers import PNG, Reply, attach, sent
from ticketing.mail.message_ids import tokens_in_addresses, tokens_in_ids, tokens_in_text
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import Address
from ticketing.models import DraftMode, Message, MessageKind, Status, Ticket, TicketEvent, TicketRead
from ticketing.outbound.recipients import recipients_for
from ticketing.outbound.replies import NewerMessages
from ticketing.queries.composer import composer_of
from ticketing.services.thread_keys import verified_ids

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.req("S1.3")
def test_an_answer_is_in_the_ticket_and_in_the_outbox(desk: Any, reply: Reply) -> None:
    message = reply()
    outbox = OutboxMessage.objects.get()
    assert (message.kind, message.author, message.outbox) == (MessageKind.OUTBOUND, desk.agent, outbox)
    assert (message.html, message.text) == ("<p>Pull the <b>plug</b>.</p>", "Pull the plug.")
    assert (outbox.mail_from, outbox.ticket_id, outbox.cause) == ("support@fernhollow.test", desk.ticket.id, "agent")
    item = WorkItem.objects.get(kind=WorkKind.DELIVER)
    assert (item.row_id, item.due_at) == (outbox.id, outbox.send_after)
    assert 9 < (outbox.send_after - outbox.queued_at).total_seconds() < 11


@pytest.mark.req("F82", "S5.82", "S5.4")
def test_the_mail_says_what_it_answers_and_why_it_was_sent(desk: Any, reply: Reply, settings: Any) -> None:
    settings.BASE_URL = "https://desk.example"
    mail = sent(reply())
    assert mail["In-Reply-To"] == f"<{desk.question.message_id}>"
    assert mail["References"] == f"<{desk.question.message_id}>"
    assert mail["Subject"] == f"Re: Printer on fire [#{desk.ticket.number}]"
    assert str(mail["From"]) == "Fernhollow Support <support@fernhollow.test>"
    assert mail["X-Postroom-Ticket"] == str(desk.ticket.number)
    assert mail["X-Postroom-Cause"] == f"agent; id={desk.agent.pk}"
    assert mail["X-Postroom-Organization"] == str(desk.organization.public_id)
    assert mail["X-Postroom-Installation"] == "desk.example"


@pytest.mark.req("F78")
def test_an_answer_goes_out_under_the_subject_of_the_mail_that_it_answers(desk: Any, reply: Reply) -> None:
    later = add_message(desk.ticket)
    later.subject = "The chair, too"
    later.save()
    assert sent(reply(answered=later))["Subject"] == f"Re: The chair, too [#{desk.ticket.number}]"
    assert sent(reply(answered=desk.question))["Subject"] == f"Re: Printer on fire [#{desk.ticket.number}]"


@pytest.mark.req("F105", "F90", "S4.28")
@pytest.mark.parametrize(
    ("written_to", "is_verified", "sender"),
    [
        (["shop@fernhollow.test"], True, "shop@fernhollow.test"),
        (["ben@customer.test", "Shop@Fernhollow.test"], True, "shop@fernhollow.test"),
        (["shop@fernhollow.test"], False, "support@fernhollow.test"),
        (["shop@fernhollow.test", "support@fernhollow.test"], True, "support@fernhollow.test"),
        (["sales@fernhollow.test"], True, "support@fernhollow.test"),
    ],
)
def test_an_answer_leaves_from_the_address_that_was_written_to_if_it_is_known_to_be_allowed(
    desk: Any, reply: Reply, written_to: list[str], is_verified: bool, sender: str
) -> None:
    desk.mailbox.aliases = ["shop@fernhollow.test"]
    desk.mailbox.save()
    SenderCheck.objects.create(
        mailbox=desk.mailbox,
        address="shop@fernhollow.test",
        way=way_of(desk.server),
        asked_at=clock.now(),
        message_id="pr-check.a@fernhollow.test",
        arrived_from="shop@fernhollow.test" if is_verified else "support@fernhollow.test",
        arrived_at=clock.now(),
    )
    desk.question.recipients.all().delete()
    for address in written_to:
        desk.question.recipients.create(header="to", address=address)
    assert composer_of(desk.ticket, author=desk.agent, mode=DraftMode.REPLY).sender == sender
    message = reply()
    assert (OutboxMessage.objects.get().mail_from, message.from_address) == (sender, sender)
    assert str(sent(message)["From"]) == f"Fernhollow Support <{sender}>"
    proposed = recipients_for(desk.question)
    assert not {"shop@fernhollow.test", "support@fernhollow.test"} & {
        row.address for row in (*proposed.to, *proposed.cc)
    }


@pytest.mark.req("S5.74", "F72", "F75")
def test_the_token_travels_in_the_id_and_in_the_body(desk: Any, reply: Reply) -> None:
    message = reply()
    mail = sent(message)
    html = mail.get_body(("html",))
    assert html is not None
    assert verified_ids(tokens_in_ids([mail["Message-ID"]])) == (message.token_id,)
    assert verified_ids(tokens_in_text(html.get_content())) == (message.token_id,)
    assert mail["Message-ID"].endswith("@fernhollow.test>")
    assert mail["Reply-To"] is None


def test_the_token_travels_in_a_plus_address_where_the_mailbox_has_them(desk: Any, reply: Reply) -> None:
    desk.mailbox.has_plus_addresses = True
    desk.mailbox.save()
    message = reply()
    address = sent(message)["Reply-To"].addresses[0].addr_spec
    assert address.startswith("support+pr.")
    assert verified_ids(tokens_in_addresses([address])) == (message.token_id,)


@pytest.mark.req("S5.81")
def test_the_subject_is_signed_where_the_mailbox_asks_for_it(desk: Any, reply: Reply) -> None:
    desk.mailbox.has_subject_token = True
    desk.mailbox.save()
    assert f"[#{desk.ticket.number}-" in sent(reply())["Subject"]


def test_our_own_parser_reads_back_what_was_written(desk: Any, reply: Reply) -> None:
    message = reply('<p>Grüße</p><img src="data:image/png;base64,' + base64.b64encode(PNG).decode() + '">')
    assert message.outbox is not None
    mail = parse_mail(files.read(message.outbox.storage_key))
    assert (mail.subject, mail.message_id, mail.defects) == (message.subject, message.message_id, ())
    assert mail.in_reply_to == (desk.question.message_id,)
    assert [(a.content_type, a.inline, a.content) for a in mail.attachments] == [("image/png", True, PNG)]
    assert verified_ids(mail.body_tokens) == (message.token_id,)
    assert mail.text.startswith("Grüße")


@pytest.mark.req("F103")
def test_bcc_gets_the_mail_and_stands_in_no_header(desk: Any, reply: Reply) -> None:
    message = reply(cc=[Address("", "bo@customer.test")], bcc=[Address("", "boss@fernhollow.example")])
    assert message.outbox is not None
    assert b"boss@" not in files.read(message.outbox.storage_key)
    assert set(OutboxRecipient.objects.values_list("address", "kind")) == {
        ("anna@customer.test", "to"),
        ("bo@customer.test", "cc"),
        ("boss@fernhollow.example", "bcc"),
    }


@pytest.mark.req("F103")
def test_whoever_stood_in_bcc_is_not_proposed_again(desk: Any, reply: Reply) -> None:
    message = reply(bcc=[Address("", "boss@fernhollow.example")])
    proposed = recipients_for(message)
    assert [a.address for a in (*proposed.to, *proposed.cc)] == ["anna@customer.test"]


def test_an_answer_to_the_customers_mail_is_proposed_to_the_customer(desk: Any) -> None:
    mail = add_message(desk.ticket, to=["support@fernhollow.test", "bo@customer.test"], cc=["cem@customer.test"])
    proposed = recipients_for(mail)
    assert [a.address for a in proposed.to] == ["anna@customer.test"]
    assert [a.address for a in proposed.cc] == ["bo@customer.test", "cem@customer.test"]


@pytest.mark.req("F103")
def test_a_note_has_no_recipients_at_all(desk: Any) -> None:
    note = add_message(desk.ticket, kind=MessageKind.NOTE, author=desk.agent, cc=["bo@customer.test"])
    assert recipients_for(note).to == recipients_for(note).cc == ()


def test_the_tickets_columns_follow(desk: Any, reply: Reply) -> None:
    message = reply(status_after=Status.WAITING)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.needs_reply, ticket.waiting_since) == ("waiting", False, None)
    assert (ticket.snippet, ticket.last_author, ticket.message_count) == ("Pull the plug.", "Ines Duarte", 2)
    kinds = list(TicketEvent.objects.order_by("position").values_list("kind", flat=True))
    assert kinds == ["message_received", "reply_written", "status_changed"]
    assert ticket.last_position == TicketEvent.objects.order_by("position").last().position == message.position + 1
    assert TicketRead.objects.get(membership=desk.agent).position == ticket.last_position


def test_a_new_ticket_that_was_answered_is_open(desk: Any, reply: Reply) -> None:
    reply()
    assert Ticket.objects.get().status == Status.OPEN


def test_a_status_that_cannot_follow_is_refused_and_nothing_is_written(desk: Any, reply: Reply, tmp_path: Any) -> None:
    Ticket.objects.update(status=Status.CLOSED)
    with pytest.raises(DomainError) as refused:
        reply(status_after=Status.HOLD)
    assert refused.value.code == "status_not_allowed"
    assert not OutboxMessage.objects.exists()
    assert not WorkItem.objects.exists()
    assert [path for path in tmp_path.rglob("outbox/**/*") if path.is_file()] == []


def test_an_answer_over_an_unseen_message_is_refused_with_what_is_new(desk: Any, reply: Reply) -> None:
    seen = desk.ticket.last_position
    newer = add_message(desk.ticket, text="Never mind")
    with pytest.raises(NewerMessages) as refused:
        reply(seen_position=seen)
    assert (refused.value.code, refused.value.unseen.messages) == ("newer_messages", (newer,))
    assert not OutboxMessage.objects.exists()


def test_of_two_agents_who_answer_at_once_the_second_is_told(desk: Any, reply: Reply) -> None:
    seen = desk.ticket.last_position
    first = reply(seen_position=seen)
    with pytest.raises(NewerMessages) as refused:
        reply(author=desk.admin, seen_position=seen)
    assert refused.value.unseen.messages == (first,)


def test_a_note_in_the_meantime_does_not_stop_an_answer(desk: Any, reply: Reply) -> None:
    seen = desk.ticket.last_position
    add_message(desk.ticket, kind=MessageKind.NOTE, author=desk.admin)
    assert reply(seen_position=seen).kind == MessageKind.OUTBOUND


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": []}, "no_recipients"),
        ({"to": [Address("", "nobody")]}, "bad_address"),
        ({"to": [Address("", "a@b.test\r\nBcc: c@d.test")]}, "bad_address"),
        ({"bcc": [Address("", "a b@c.test")]}, "bad_address"),
        ({"html": "<p> </p>"}, "empty"),
        ({"html": "<script>x</script>"}, "empty"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(changes: dict[str, Any], code: str, desk: Any, reply: Reply) -> None:
    with pytest.raises(DomainError) as refused:
        reply(**changes)
    assert refused.value.code == code
    assert not Message.objects.filter(kind=MessageKind.OUTBOUND).exists()


@pytest.mark.req("F27")
def test_a_mail_larger_than_the_server_takes_is_refused_with_the_limit(desk: Any, reply: Reply, settings: Any) -> None:
    desk.server.host = "smtp.gmail.com"
    desk.server.save()
    with pytest.raises(DomainError) as refused:
        reply(attachments=[attach(desk, data=b"x" * 27 * 1024 * 1024)])
    assert refused.value.code == "too_large"
    assert "34.2 MB" in refused.value.sentence


def test_without_any_server_the_agent_is_told(desk: Any, reply: Reply) -> None:
    desk.server.delete()
    desk.ticket.mailbox.refresh_from_db()
    with pytest.raises(DomainError) as refused:
        reply()
    assert refused.value.code == "no_server"


@pytest.mark.req("S4.28")
def test_the_default_server_stands_in_for_a_mailbox_without_one(desk: Any, reply: Reply) -> None:
    desk.server.is_default = True
    desk.server.save()
    desk.mailbox.outgoing = None
    desk.mailbox.save()
    assert reply().outbox.outgoing == desk.server  # type: ignore[union-attr]  # it has one


def test_the_answer_is_found_by_search(desk: Any, reply: Reply) -> None:
    from ticketing.models import SearchDocument

    message = reply()
    assert "plug" in SearchDocument.objects.get(message=message).body


def test_a_second_answer_refers_to_the_whole_thread(desk: Any, reply: Reply) -> None:
    first = reply()
    mail = sent(reply(answered=first))
    assert mail["References"].split() == [f"<{desk.question.message_id}>", f"<{first.message_id}>"]
    assert mail["Subject"] == f"Re: Printer on fire [#{desk.ticket.number}]"


@pytest.fixture
def fault() -> Iterator[Callable[[str], None]]:
    """Something fails at a named point."""
    yield faults.arm
    faults.arm("")


@pytest.mark.parametrize("point", ["queue.written:raise", "reply.written:raise"])
def test_an_answer_that_breaks_on_the_way_leaves_no_row_behind(
    point: str, desk: Any, reply: Reply, fault: Callable[[str], None]
) -> None:
    before = Ticket.objects.values().get()
    fault(point)
    with pytest.raises(faults.FaultInjected), transaction.atomic():
        reply(attachments=[attach(desk)])
    assert not Message.objects.filter(kind=MessageKind.OUTBOUND).exists()
    assert not OutboxMessage.objects.exists()
    assert not WorkItem.objects.exists()
    assert Ticket.objects.values().get() == before
