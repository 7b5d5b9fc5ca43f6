"""An answer goes out, the customer answers it, and whatever servers on the way destroyed, it finds its ticket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.lib import files
from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.mail.message_ids import body_mark, make_token, plus_address
from ticketing.mail.parse import parse_mail
from ticketing.models import Message, Ticket
from ticketing.services.thread_keys import thread_keys

pytestmark = [pytest.mark.django_db, pytest.mark.both]
Reply = Callable[..., Message]
STRANGER = "Somebody Else <else@customer.test>"


def token_of(message: Message) -> str:
    return make_token(message.token_id or "", keys=thread_keys())


def came_back(desk: Any, mail: bytes) -> tuple[str, int | None]:
    (seen,) = receive(desk.mailbox, mail)
    return seen.outcome, seen.ticket_id


@pytest.mark.req("S1.3", "S2.4", "S5.74", "S5.75")
def test_an_answer_to_our_message_id_comes_back(desk: Any, reply: Reply) -> None:
    mail = make_mail(subject="entirely new", answers=reply().message_id, sender=STRANGER)
    assert came_back(desk, mail) == (Outcome.ADDED, desk.ticket.id)


@pytest.mark.req("F75")
def test_it_comes_back_by_the_quoted_mark_when_the_ids_were_rewritten(desk: Any, reply: Reply) -> None:
    mark = body_mark(token_of(reply()))
    mail = make_mail(subject="new", text=f"Thanks\n\n> Pull the plug.\n> {mark}\n", answers="x@relay.test")
    assert came_back(desk, mail) == (Outcome.ADDED, desk.ticket.id)


def test_it_comes_back_by_the_plus_address_alone(desk: Any, reply: Reply) -> None:
    address = plus_address("support@fernhollow.test", token=token_of(reply()))
    mail = make_mail(subject="new", to=address.upper(), sender=STRANGER)
    assert came_back(desk, mail) == (Outcome.ADDED, desk.ticket.id)


@pytest.mark.req("F79")
def test_it_comes_back_by_the_number_for_people_on_the_ticket_only(desk: Any, reply: Reply) -> None:
    subject = reply().subject
    assert came_back(desk, make_mail(subject=subject)) == (Outcome.ADDED, desk.ticket.id)
    assert came_back(desk, make_mail(subject=subject, sender=STRANGER))[0] == Outcome.CREATED


@pytest.mark.req("F90", "F83")
def test_our_own_mail_coming_back_opens_nothing(desk: Any, reply: Reply) -> None:
    message = reply()
    assert message.outbox is not None
    outcome, _ = came_back(desk, files.read(message.outbox.storage_key))
    assert outcome in (Outcome.IGNORED, Outcome.LOOP, Outcome.DUPLICATE)
    assert Ticket.objects.count() == 1


@pytest.mark.req("F72", "F112")
def test_a_token_of_another_organization_opens_a_ticket_of_its_own(desk: Any, reply: Reply, otherco: Any) -> None:
    from helpdesk.tenancy.scope import organization_scope

    token_id = reply().token_id or ""
    with organization_scope(otherco.id):
        foreign = make_token(token_id, keys=thread_keys())
    mail = make_mail(subject="new", answers=f"pr.{foreign}@fernhollow.test", sender=STRANGER)
    assert came_back(desk, mail)[0] == Outcome.CREATED


@pytest.mark.req("F45")
def test_the_copy_in_a_second_mailbox_keeps_its_id_and_is_answered_under_it(desk: Any, reply: Reply) -> None:
    sales = make_mailbox(desk.server, address="sales@fernhollow.test")
    mail = make_mail(message_id="both@x.test", to="support@fernhollow.test, sales@fernhollow.test")
    receive(desk.mailbox, mail)
    [seen] = receive(sales, mail)
    desk.ticket = Ticket.objects.get(id=seen.ticket_id)
    copy = desk.ticket.messages.get()
    assert copy.message_id == seen.message_id == "both@x.test"
    answer = reply(answered=copy)
    assert answer.outbox is not None
    sent = parse_mail(files.read(answer.outbox.storage_key))
    assert (sent.in_reply_to, sent.references) == (("both@x.test",), ("both@x.test",))
    [more, theirs] = receive(sales, make_mail(answers="both@x.test"), make_mail(answers=answer.message_id))
    assert (more.ticket_id, theirs.ticket_id) == (desk.ticket.id, desk.ticket.id)
