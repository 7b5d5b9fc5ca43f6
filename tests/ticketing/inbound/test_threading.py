"""Which ticket a mail goes to, and why."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import counters
from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive
from ticketing.mail import message_ids
from ticketing.models import (
    ContactAddress,
    EventKind,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    Status,
    ThreadReason,
    Ticket,
    TicketEvent,
)
from ticketing.reason_words import reason_words
from ticketing.services.references import id_hash
from ticketing.services.thread_keys import add_thread_key, thread_keys

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ANNA, BEN = "Anna Berg <anna@customer.test>", "Ben <ben@elsewhere.test>"


@pytest.fixture
def ticket(support: Any) -> Any:
    """Ticket #1, opened by Anna with <first@customer.test>."""
    receive(support, make_mail(message_id="first@customer.test"))
    return Ticket.objects.get()


def write_reply(ticket: Any, *, token_id: str = "a" * 26, to: str = "anna@customer.test") -> str:
    """An answer of ours in the ticket; gives its token."""
    token = message_ids.make_token(token_id, keys=thread_keys())
    message_id = message_ids.message_id_for(token, domain="fernhollow.test")
    position = counters.take(events=1).event_position
    row = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.OUTBOUND,
        position=position,
        from_address="support@fernhollow.test",
        message_id=message_id,
        token_id=token_id,
        thread_reason=ThreadReason.WRITTEN_HERE,
        created_at=clock.now(),
    )
    MessageRecipient.objects.create(message=row, header="to", address=to)
    MessageReference.objects.create(message=row, ticket=ticket, id_hash=id_hash(message_id), is_own=True)
    return token


def our_id(token: str) -> str:
    return message_ids.message_id_for(token, domain="fernhollow.test")


def last() -> Message:
    row: Message = Message.objects.order_by("-id")[0]
    return row


@pytest.mark.req("S2.4", "S5.74")
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_an_answer_to_our_mail_joins_by_its_signed_token(support: Any, ticket: Any, case: Any) -> None:
    token = case(write_reply(ticket))
    (seen,) = receive(support, make_mail(answers=our_id(token)))
    assert (seen.outcome, seen.ticket_id) == (Outcome.ADDED, ticket.id)
    assert last().thread_reason == ThreadReason.TOKEN
    assert "signed token" in reason_words(seen)


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_plus_address_joins_in_every_header_that_names_it(support: Any, ticket: Any, header: str) -> None:
    address = message_ids.plus_address("support@fernhollow.test", token=write_reply(ticket))
    to, headers = (address, []) if header == "To" else ("support@fernhollow.test", [(header, address)])
    receive(support, make_mail(to=to, headers=headers))
    assert (last().ticket_id, last().thread_reason) == (ticket.id, ThreadReason.TOKEN_ADDRESS)


@pytest.mark.req("F72", "F112")
def test_a_forged_token_and_a_signed_but_unknown_one_match_nothing(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    unknown = message_ids.make_token("b" * 26, keys=thread_keys())
    seen = receive(support, make_mail(answers=our_id(forged)), make_mail(answers=our_id(unknown)))
    assert [row.outcome for row in seen] == [Outcome.CREATED, Outcome.CREATED]


def test_a_token_of_an_older_key_still_joins(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    add_thread_key()
    receive(support, make_mail(answers=our_id(token)))
    assert last().ticket_id == ticket.id


@pytest.mark.req("F73", "F76")
def test_all_references_are_tried_when_in_reply_to_is_foreign(support: Any, ticket: Any) -> None:
    references = ["first@customer.test", "foreign@nowhere.test"]
    receive(support, make_mail(answers="foreign@nowhere.test", references=references))
    assert (last().ticket_id, last().thread_reason) == (ticket.id, ThreadReason.REFERENCE)


@pytest.mark.req("F73")
def test_of_references_to_two_tickets_the_newest_decides(support: Any) -> None:
    old, new = receive(support, make_mail(message_id="old@customer.test"), make_mail(message_id="new@customer.test"))
    receive(support, make_mail(references=["old@customer.test", "new@customer.test"]))
    assert last().ticket_id == new.ticket_id
    receive(support, make_mail(references=["new@customer.test", "old@customer.test"]))
    assert last().ticket_id == old.ticket_id


TRUST = ["token", "plus_address", "reference", "body_token", "subject_number"]
SIGNED = ("token", "plus_address", "body_token")


@pytest.mark.req("S2.4")
@pytest.mark.parametrize("strongest", range(len(TRUST)))
def test_the_strongest_sign_decides_among_those_that_lead_to_different_tickets(support: Any, strongest: int) -> None:
    receive(support, *(make_mail(subject=sign, message_id=f"{sign}@customer.test") for sign in TRUST))
    tickets = {sign: Ticket.objects.get(subject=sign) for sign in TRUST[strongest:]}
    token = {sign: write_reply(tickets[sign], token_id=sign[0] * 26) for sign in tickets if sign in SIGNED}
    mark = message_ids.body_mark(token["body_token"]) if "body_token" in token else ""
    address = message_ids.plus_address("support@fernhollow.test", token=token.get("plus_address", ""))
    receive(
        support,
        make_mail(
            answers=our_id(token["token"]) if "token" in token else "",
            references=["reference@customer.test"] if "reference" in tickets else [],
            to=address if "plus_address" in token else "support@fernhollow.test",
            text=f"Yes.\n\n> {mark}\n",
            subject=f"Re: lamp [#{tickets['subject_number'].number}]",
        ),
    )
    assert last().ticket_id == tickets[TRUST[strongest]].id


@pytest.mark.req("F74")
def test_two_answers_to_a_mail_we_never_had_meet_in_one_ticket(support: Any) -> None:
    seen = receive(
        support,
        make_mail(sender=ANNA, to="ben@elsewhere.test", headers=[("Cc", "support@fernhollow.test")], answers="never@x"),
        make_mail(sender=BEN, to="anna@customer.test", headers=[("Cc", "support@fernhollow.test")], answers="never@x"),
    )
    assert seen[0].ticket_id == seen[1].ticket_id
    assert last().thread_reason == ThreadReason.REMEMBERED


@pytest.mark.req("F77")
def test_strangers_who_answer_one_newsletter_get_tickets_of_their_own(support: Any) -> None:
    seen = receive(
        support, make_mail(sender=ANNA, answers="newsletter@x"), make_mail(sender=BEN, answers="newsletter@x")
    )
    assert seen[0].ticket_id != seen[1].ticket_id


@pytest.mark.req("F77")
@pytest.mark.parametrize(("named", "joins"), [("", False), ("someone@elsewhere.test", False), (ANNA, True)])
def test_an_answer_to_a_received_mail_joins_it_only_if_it_names_somebody_of_the_ticket(
    support: Any, ticket: Any, named: str, joins: bool
) -> None:
    to = ", ".join(filter(None, ("support@fernhollow.test", named)))
    receive(support, make_mail(sender=BEN, to=to, answers="first@customer.test"))
    assert (last().ticket_id == ticket.id, last().is_external) == (joins, joins)


def test_an_answer_to_a_mail_of_ours_joins_it_whoever_wrote_it(support: Any, ticket: Any) -> None:
    write_reply(ticket)
    MessageReference.objects.create(
        message=last(), ticket=ticket, id_hash=id_hash("plain@fernhollow.test"), is_own=True
    )
    receive(support, make_mail(sender=BEN, answers="plain@fernhollow.test"))
    assert (last().ticket_id, last().thread_reason) == (ticket.id, ThreadReason.REFERENCE)


def test_a_mail_that_comes_after_its_answer_joins_it(support: Any) -> None:
    seen = receive(support, make_mail(answers="early@customer.test"), make_mail(message_id="early@customer.test"))
    assert seen[0].ticket_id == seen[1].ticket_id


def test_the_hidden_token_in_the_quoted_text_joins(support: Any, ticket: Any) -> None:
    mark = message_ids.body_mark(write_reply(ticket))
    receive(support, make_mail(sender=BEN, text=f"Yes.\n\n> Hello\n> {mark}\n"))
    assert (last().ticket_id, last().thread_reason) == (ticket.id, ThreadReason.BODY_TOKEN)


def test_the_number_in_the_subject_counts_for_people_on_the_ticket(support: Any, ticket: Any) -> None:
    receive(support, make_mail(sender=ANNA, subject="Re: lamp [#1]"))
    assert (last().ticket_id, last().thread_reason) == (ticket.id, ThreadReason.SUBJECT_NUMBER)


@pytest.mark.req("F112")
def test_the_number_in_the_subject_opens_nothing_to_strangers(support: Any, ticket: Any) -> None:
    (seen,) = receive(support, make_mail(sender=BEN, subject="Re: lamp [#1]"))
    assert seen.ticket_id != ticket.id


@pytest.mark.req("F79", "S5.81")
def test_a_signed_number_in_the_subject_counts_for_everybody(support: Any, ticket: Any) -> None:
    tag = message_ids.signed_subject_tag(1, keys=thread_keys())
    receive(support, make_mail(sender=BEN, subject=f"Re: lamp {tag}"))
    assert (last().ticket_id, last().thread_reason) == (ticket.id, ThreadReason.TOKEN_SUBJECT)


@pytest.mark.req("S5.75")
def test_a_newcomer_with_the_token_is_shown_as_external(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    receive(support, make_mail(sender=BEN, answers=our_id(token)), make_mail(sender=ANNA, answers=our_id(token)))
    assert list(
        Message.objects.filter(kind=MessageKind.INBOUND).order_by("id").values_list("is_external", flat=True)
    ) == [
        False,
        True,
        False,
    ]


@pytest.mark.req("S5.75", "S5.85")
def test_another_address_of_somebody_on_the_ticket_is_no_newcomer(support: Any, ticket: Any) -> None:
    token = write_reply(ticket)
    ContactAddress.objects.create(contact=ticket.requester, address="ben@elsewhere.test", created_at=clock.now())
    receive(support, make_mail(sender=BEN, answers=our_id(token)))
    assert (last().ticket_id, last().is_external) == (ticket.id, False)


@pytest.mark.req("F81")
def test_an_answer_to_a_merged_ticket_goes_to_where_it_was_merged(support: Any, ticket: Any) -> None:
    receive(support, make_mail(sender=BEN, subject="two"), make_mail(sender=BEN, subject="three"))
    two, three = Ticket.objects.filter(number__in=[2, 3]).order_by("number")
    Ticket.objects.filter(id=ticket.id).update(merged_into=two)
    Ticket.objects.filter(id=two.id).update(merged_into=three)
    (seen,) = receive(support, make_mail(answers="first@customer.test"))
    assert seen.ticket_id == three.id


def test_tickets_merged_in_a_circle_do_not_hang_the_intake(support: Any, ticket: Any) -> None:
    receive(support, make_mail(sender=BEN))
    other = Ticket.objects.get(number=2)
    Ticket.objects.filter(id=ticket.id).update(merged_into=other)
    Ticket.objects.filter(id=other.id).update(merged_into=ticket)
    (seen,) = receive(support, make_mail(answers="first@customer.test"))
    assert seen.outcome == Outcome.CREATED


@pytest.mark.parametrize("status", [Status.WAITING, Status.SOLVED, Status.HOLD])
def test_an_answer_reopens(support: Any, ticket: Any, status: str) -> None:
    Ticket.objects.filter(id=ticket.id).update(status=status, needs_reply=False, waiting_since=None)
    receive(support, make_mail(answers="first@customer.test"))
    ticket.refresh_from_db()
    changed = TicketEvent.objects.get(kind=EventKind.STATUS_CHANGED)
    assert (ticket.status, ticket.needs_reply, ticket.message_count) == (Status.OPEN, True, 2)
    assert ticket.waiting_since is not None
    assert changed.data == {"from": status, "to": "open"}
    assert ticket.last_position == changed.position


def test_an_answer_to_a_closed_ticket_opens_one_that_follows_it(support: Any, ticket: Any) -> None:
    Ticket.objects.filter(id=ticket.id).update(status=Status.CLOSED)
    (seen,) = receive(support, make_mail(answers="first@customer.test"))
    follower = Ticket.objects.get(number=2)
    ticket.refresh_from_db()
    assert (seen.outcome, seen.ticket_id, follower.follows_id) == (Outcome.CREATED, follower.id, ticket.id)
    assert ticket.status == Status.CLOSED
    assert last().thread_reason == ThreadReason.FOLLOWS_CLOSED
    assert TicketEvent.objects.get(kind=EventKind.LINKED).ticket_id == ticket.id


def test_the_next_answer_to_the_closed_ticket_joins_the_follower(support: Any, ticket: Any) -> None:
    Ticket.objects.filter(id=ticket.id).update(status=Status.CLOSED)
    first, second = receive(
        support, make_mail(answers="first@customer.test"), make_mail(answers="first@customer.test", text="more\n")
    )
    assert first.ticket_id == second.ticket_id
    assert second.outcome == Outcome.ADDED


@pytest.mark.req("F44")
def test_one_mail_to_two_mailboxes_is_two_deliveries_and_answers_stay_apart(support: Any) -> None:
    from tests.factories.outgoing import make_mailbox

    sales = make_mailbox(address="sales@fernhollow.test")
    mail, answer = make_mail(message_id="both@x.test"), make_mail(answers="both@x.test")
    (one,), (two,) = receive(support, mail), receive(sales, mail)
    (three,), (four,) = receive(support, answer), receive(sales, answer)
    assert one.ticket_id != two.ticket_id
    assert (three.ticket_id, four.ticket_id) == (one.ticket_id, two.ticket_id)


@pytest.mark.req("F80")
def test_an_answer_that_reaches_another_mailbox_still_finds_its_ticket(support: Any, ticket: Any) -> None:
    from tests.factories.outgoing import make_mailbox

    (seen,) = receive(make_mailbox(address="sales@fernhollow.test"), make_mail(answers="first@customer.test"))
    assert seen.ticket_id == ticket.id


def test_ids_and_tokens_of_another_organization_lead_nowhere(support: Any, ticket: Any, otherco: Any) -> None:
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.outgoing import make_mailbox

    token = write_reply(ticket)
    with organization_scope(otherco.id):
        theirs = make_mailbox(address="help@otherco.test")
        seen = receive(
            theirs,
            make_mail(answers="first@customer.test"),
            make_mail(answers=our_id(token)),
            make_mail(sender=BEN, subject="[#1]", text=message_ids.body_mark(token)),
        )
    assert {row.outcome for row in seen} == {Outcome.CREATED}
    assert ticket.id not in {row.ticket_id for row in seen}


def test_an_id_is_remembered_once_for_each_ticket(support: Any, ticket: Any) -> None:
    receive(support, *[make_mail(answers="first@customer.test", references=["x@y"]) for _ in range(3)])
    assert MessageReference.objects.filter(id_hash=id_hash("x@y")).count() == 1
