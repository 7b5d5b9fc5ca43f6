"""What others have written since a mail's facts were loaded: where it is nothing to the mail, they still hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.tenancy import counters
from helpdesk.tenancy.models import WorkItem
from tests.factories.incoming import make_mail, receive, store
from ticketing.inbound.deliveries import load_deliveries
from ticketing.inbound.envelope import Envelope, make_envelope
from ticketing.inbound.facts import load_facts
from ticketing.inbound.meanwhile import MAX_EVENTS, is_nothing_to
from ticketing.inbound.process import read_mail
from ticketing.models import Status, Ticket
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = [pytest.mark.django_db, pytest.mark.both]
OTHER = "Bert Falk <bert@elsewhere.test>"


def waiting(support: Any, content: bytes) -> Envelope:
    """The mail as it stands before a worker that has just read it, and that no other will take."""
    raw = store(support, content)
    WorkItem.objects.filter(row_id=raw.pk).delete()
    delivery = load_deliveries([raw.pk])[raw.pk]
    return make_envelope(delivery, mail=read_mail(content, delivery), original=content)


def agent_solves(support: Any, people: Any) -> None:
    changes.change_status([Ticket.objects.get(number=1)], status=Status.SOLVED, by=By(actor=people.agent))


def comes(**mail: Any) -> Callable[[Any, Any], None]:
    return lambda support, _people: receive(support, make_mail(**mail)) and None


NOTHING_TO_IT = {
    "another mail": comes(sender=OTHER),
    "its answer": comes(sender=OTHER, answers="third@customer.test"),
    "no mail": lambda _support, _people: None,
}
SOMETHING_TO_IT = {
    "the mail itself": comes(sender=OTHER, message_id="waiting@customer.test"),
    "what it answers": comes(sender=OTHER, message_id="first@customer.test"),
    "an answer to the same": comes(sender=OTHER, references=["first@customer.test"]),
    "a mail of the same sender": comes(),
    "its ticket solved": agent_solves,
    "more than is looked at": lambda support, people: (
        [comes(sender=OTHER)(support, people) for _ in range(MAX_EVENTS + 1)] and None
    ),
}


@pytest.mark.parametrize("answers", ["", "first@customer.test"])
@pytest.mark.parametrize(
    ("happens", "is_nothing"),
    [
        *(pytest.param(happens, True, id=name) for name, happens in NOTHING_TO_IT.items()),
        *(pytest.param(happens, False, id=name) for name, happens in SOMETHING_TO_IT.items()),
    ],
)
def test_only_what_shares_nothing_with_a_mail_is_nothing_to_it(
    support: Any, people: Any, happens: Callable[[Any, Any], None], is_nothing: bool, answers: str
) -> None:
    receive(support, make_mail(message_id="root@customer.test"))
    receive(support, make_mail(message_id="third@customer.test", sender=OTHER))
    references = [answers, "root@customer.test"] if answers else ["first@customer.test", "root@customer.test"]
    envelope = waiting(support, make_mail(message_id="waiting@customer.test", answers=answers, references=references))
    before = load_facts(envelope)
    happens(support, people)
    assert before.watched is not None
    assert is_nothing_to(before.watched, since=before.position, upto=counters.take().event_position) is is_nothing
    if is_nothing:
        assert replace(load_facts(envelope), position=before.position) == before


@pytest.mark.parametrize(
    "mail",
    [
        {"message_id": None},
        {"subject": "[#1] Broken lamp"},
        {"sender": "MAILER-DAEMON@customer.test", "subject": "Undelivered", "text": "<a@b.test>: 550 5.1.1 unknown\n"},
    ],
)
def test_mail_that_is_found_by_more_than_ids_is_looked_at_anew(support: Any, mail: dict[str, Any]) -> None:
    assert load_facts(waiting(support, make_mail(**mail))).watched is None
