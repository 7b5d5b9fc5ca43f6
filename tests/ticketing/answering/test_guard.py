"""Nothing automatic answers what must not be answered, and the log says why; the nearest thing to it is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings

from helpdesk.lib import clock
from mailboxes.models import ExistingMail, Mailbox, OutboxMessage, OutboxRecipient, Outcome
from tests.factories.incoming import make_mail, receive
from tests.ticketing.answering.answering import answer_due, sent_mails, switch_on
from tests.ticketing.mail.test_forwards import GMAIL
from ticketing.answer_words import answer_views, why_not
from ticketing.answering.refusals import NoAnswer
from ticketing.inbound.automatic import Rule
from ticketing.inbound.filtering import Entry
from ticketing.models import (
    AnswerState,
    AutomaticAnswer,
    AutomaticClass,
    EntryKind,
    NewMail,
    OnTicket,
    Ticket,
)
from ticketing.queries.answers import answers_to
from ticketing.services.answer_policy import LimitsInput, set_answer_limits
from ticketing.services.automatic_mail import AutomaticInput, automatic_rules, set_automatic_rules
from ticketing.services.loops import LimitsInput as LoopLimitsInput
from ticketing.services.loops import set_limits as set_loop_limits
from ticketing.services.mail_mapping import MappingInput, set_mapping

pytestmark = pytest.mark.django_db
LISTED = LimitsInput(
    unanswered=(Entry(EntryKind.ADDRESS, "boss@customer.test"), Entry(EntryKind.WORDS, "server down")),
    max_answers=2,
    within_hours=3,
)
FAILED = ("Authentication-Results", "mx.fernhollow.test; dmarc=fail header.from=customer.test")
PASSED = ("Authentication-Results", "mx.fernhollow.test; dmarc=pass header.from=customer.test")


@pytest.fixture
def answering(support: Any) -> Mailbox:
    """The mailbox acknowledges; automatic mail of every class becomes a ticket, and DMARC says nothing of spam."""
    switch_on()
    set_answer_limits(LISTED, version=0)
    kept = dict.fromkeys(AutomaticClass, Rule(NewMail.TICKET, OnTicket.NOTE))
    set_automatic_rules(AutomaticInput(kept, automatic_rules().version))
    Mailbox.objects.update(trusts_dmarc=False)
    support.refresh_from_db()
    mailbox: Mailbox = support
    return mailbox


def answer_to(mailbox: Mailbox, mail: bytes, **options: Any) -> AutomaticAnswer:
    """What became of the answer to this mail."""
    [seen] = receive(mailbox, mail, **options)
    answer_due()
    [answer] = answers_to(seen.raw_id)
    return answer


REFUSED = [
    ("vacation", {"subject": "Out of office: lamp"}, {"subject": "My office lamp"}, NoAnswer.AUTOMATIC, "Subject"),
    (
        "generated",
        {"headers": [("Auto-Submitted", "auto-generated")]},
        {"headers": [("Auto-Submitted", "no")]},
        NoAnswer.AUTOMATIC,
        "auto-generated",
    ),
    ("list", {"headers": [("List-Id", "<a.b>")]}, {"headers": [("X-List", "<a.b>")]}, NoAnswer.AUTOMATIC, "List-Id"),
    (
        "null sender",
        {"headers": [("Return-Path", "<>")]},
        {"headers": [("Return-Path", "<anna@customer.test>")]},
        NoAnswer.AUTOMATIC,
        "Return-Path",
    ),
    (
        "asks for none",
        {"headers": [("X-Auto-Response-Suppress", "OOF, AutoReply")]},
        {"headers": [("X-Auto-Response-Suppress", "DR")]},
        NoAnswer.FORBIDDEN,
        "X-Auto-Response-Suppress",
    ),
    (
        "program",
        {"sender": "no-reply@customer.test"},
        {"sender": "reply@customer.test"},
        NoAnswer.FORBIDDEN,
        "no-reply@customer.test",
    ),
    ("not proven", {"headers": [FAILED]}, {"headers": [PASSED]}, NoAnswer.NOT_PROVEN, "dmarc=fail"),
    ("no sender", {"sender": "Anna"}, {"sender": "anna@customer.test"}, NoAnswer.NO_SENDER, "names no sender"),
    (
        "listed address",
        {"sender": "boss+lamp@customer.test"},
        {"sender": "boss2@customer.test"},
        NoAnswer.LISTED,
        "boss@customer.test",
    ),
    ("listed words", {"text": "The Server  down!"}, {"text": "Servers down"}, NoAnswer.LISTED, "server down"),
    (
        "spam",
        {"headers": [("X-Spam-Flag", "YES")]},
        {"headers": [("X-Spam-Flag", "NO")]},
        NoAnswer.SPAM,
        "spam",
    ),
    (
        "own address",
        {"sender": "support+lamp@fernhollow.test"},
        {"sender": "supports@fernhollow.test"},
        NoAnswer.OWN_ADDRESS,
        "support+lamp@fernhollow.test",
    ),
]


@pytest.mark.req("S5.66", "F83", "F85")
@pytest.mark.parametrize(
    ("mail", "near", "code", "named"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_must_not_be_answered_is_a_ticket_without_an_answer(
    answering: Mailbox, mail: dict[str, Any], near: dict[str, Any], code: NoAnswer, named: str
) -> None:
    withheld = answer_to(answering, make_mail(**mail))
    assert (withheld.state, withheld.reason_code, withheld.ticket_id is None) == (AnswerState.WITHHELD, code, False)
    [shown] = answer_views([withheld])
    assert named in shown.text
    assert not OutboxMessage.objects.exists()
    assert answer_to(answering, make_mail(**near)).state == AnswerState.QUEUED


@pytest.mark.req("S2.17")
def test_mail_from_before_the_mailbox_was_connected_is_never_answered(answering: Mailbox) -> None:
    Mailbox.objects.update(existing_mail=ExistingMail.OPEN)
    [seen] = receive(answering, make_mail(), is_history=True)
    assert (seen.outcome, answers_to(seen.raw_id)) == (Outcome.CREATED, [])


def test_mail_that_comes_in_days_late_is_not_answered(answering: Mailbox) -> None:
    long_ago = clock.now() - timedelta(days=3, seconds=1)
    assert answer_to(answering, make_mail(), received_at=long_ago).reason_code == NoAnswer.LATE
    assert answer_to(answering, make_mail(), received_at=long_ago + timedelta(minutes=1)).state == AnswerState.QUEUED


@pytest.mark.both
@pytest.mark.req("F101", "S5.66")
@pytest.mark.parametrize(
    ("writer", "code"),
    [
        ("anna@customer.test", ""),
        ("boss@customer.test", NoAnswer.LISTED),
        ("no-reply@shop.test", NoAnswer.FORBIDDEN),
        ("support@fernhollow.test", NoAnswer.OWN_ADDRESS),
    ],
)
def test_whose_mail_an_agent_forwards_is_answered_as_if_they_had_written_and_never_the_agent(
    answering: Mailbox, people: Any, writer: str, code: str
) -> None:
    agent = people.agent.user.email
    text = GMAIL.replace("anna@customer.test", writer)
    answer = answer_to(answering, make_mail(sender=agent, subject="Fwd: Broken lamp", text=text))
    assert (answer.recipient, answer.budget_key, answer.reason_code) == (writer, writer, code)
    assert not OutboxRecipient.objects.filter(address__iexact=agent).exists()
    assert [(mail["To"], mail["In-Reply-To"], mail["References"]) for mail in sent_mails()] == (
        [] if code else [(writer, None, None)]
    )


def test_an_agent_who_forwards_a_customers_mail_to_where_it_is_not_unwrapped_is_answered(
    answering: Mailbox, people: Any
) -> None:
    set_mapping(answering, MappingInput(unwraps_forwards=False))
    agent = people.agent.user.email
    answer = answer_to(answering, make_mail(sender=agent, subject="Fwd: Broken lamp", text=GMAIL))
    assert answer.recipient == agent.lower()


@pytest.mark.both
@pytest.mark.req("S5.68", "F83")
def test_an_address_is_answered_so_often_in_a_time_and_no_more_whatever_its_tag(answering: Mailbox) -> None:
    begin = clock.now()
    for _ in range(2):
        assert answer_to(answering, make_mail()).state == AnswerState.QUEUED
    withheld = answer_to(answering, make_mail(sender="anna+again@customer.test"))
    assert withheld.reason_data == {"address": "anna+again@customer.test", "count": 2, "hours": 3}
    assert answer_to(answering, make_mail(sender="ben@customer.test")).state == AnswerState.QUEUED
    with clock.held_at(begin + timedelta(hours=3, minutes=1)):
        assert answer_to(answering, make_mail()).state == AnswerState.QUEUED


def test_a_ticket_that_a_person_calls_spam_first_is_not_answered(answering: Mailbox) -> None:
    [seen] = receive(answering, make_mail())
    Ticket.objects.update(is_spam=True)
    answer_due()
    assert [answer.reason_code for answer in answers_to(seen.raw_id)] == [NoAnswer.SPAM]


def test_without_an_outgoing_server_the_log_says_so(answering: Mailbox) -> None:
    Mailbox.objects.update(outgoing=None)
    assert answer_to(answering, make_mail()).reason_code == NoAnswer.NO_SERVER


@pytest.mark.parametrize("code", list(NoAnswer))
def test_every_reason_has_its_sentence(code: NoAnswer) -> None:
    data = {
        "address": "a@b.test",
        "count": 1,
        "hours": 72,
        "kind": "words",
        "value": "x",
        "sign": "y",
        "line": "z",
        "minutes": 60,
    }
    data |= {"rule": "r", "at": "2026-11-27T10:00:00+00:00"}
    assert why_not(code, data) not in ("", code.value)


def test_a_mailbox_gives_so_many_automatic_answers_within_the_window(answering: Mailbox) -> None:
    set_loop_limits(LoopLimitsInput(answers_per_mailbox=2))
    states = [answer_to(answering, make_mail(sender=f"person{number}@x.test")).reason_code for number in range(3)]
    assert states == ["", "", NoAnswer.MAILBOX_OVER_BUDGET]


@override_settings(ANSWERS_PER_ADDRESS_AND_HOUR=1)
def test_all_organizations_together_answer_an_address_as_often_as_the_operator_allows(answering: Mailbox) -> None:
    assert answer_to(answering, make_mail()).reason_code == ""
    assert answer_to(answering, make_mail()).reason_code == NoAnswer.HERE_OVER_BUDGET
