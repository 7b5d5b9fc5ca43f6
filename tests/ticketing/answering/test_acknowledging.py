"""A new ticket is acknowledged once, as a mail that nothing automatic answers; it changes nothing about the ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import Organization
from helpdesk.accounts.services.business_hours import HoursInput, set_business_hours
from helpdesk.lib import clock
from helpdesk.lib.opening_hours import parse_spans
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import DeliveryState, Mailbox, OutboxMessage, Outcome
from mailboxes.services.setup.mail_switch import start_taking_mail, stop_taking_mail
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from tests.ticketing.answering.answering import answer_due, sent_mails, switch_on
from tests.ticketing.outbound.test_delivery_news import settle
from ticketing.answer_words import answer_views
from ticketing.answering import texts
from ticketing.answering.texts import Text, words_for
from ticketing.answering.wishing import withhold_acknowledgement
from ticketing.models import (
    AnswerCause,
    AnswerState,
    AutomaticAnswer,
    EventKind,
    Message,
    MessageKind,
    Refused,
    Status,
    TextKind,
    Ticket,
    TicketEvent,
    Updaters,
)
from ticketing.queries.answers import answers_to
from ticketing.queries.unseen import unseen_mails
from ticketing.services.answer_texts import Place, TextInput, save_text
from ticketing.services.intake_retry import decide_again
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = pytest.mark.django_db
HOSTILE = "Buy cheap pills at http://pills.test"


@pytest.mark.both
def test_a_new_ticket_is_acknowledged_once_without_a_word_of_its_sender(support: Any) -> None:
    switch_on()
    hostile = make_mail(subject=HOSTILE, text=HOSTILE, sender=f"{HOSTILE} <anna@customer.test>", message_id="m1@x.test")
    [seen] = receive(support, hostile)
    answer_due()
    answer_due()
    [mail] = sent_mails()
    ticket = Ticket.objects.get()
    assert mail["To"] == "anna@customer.test"
    assert mail["Subject"] == f"We have received your message [#{ticket.number}]"
    assert (mail["In-Reply-To"], mail["References"]) == ("<m1@x.test>", "<m1@x.test>")
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"], mail["Precedence"]) == (
        "auto-replied",
        "All",
        "bulk",
    )
    assert mail["X-Postroom-Cause"] == "acknowledgement; id=acknowledgement"
    assert str(ticket.number) in mail.get_body(("plain",)).get_content()
    assert "Fernhollow" in mail.get_body(("html",)).get_content()
    assert "pills" not in mail.as_string()
    [answer] = answers_to(seen.raw_id)
    assert (answer.cause, answer.state) == (AnswerCause.ACKNOWLEDGEMENT, AnswerState.QUEUED)
    assert OutboxMessage.objects.get().mail_from == "support@fernhollow.test"


def test_the_acknowledgement_stands_on_the_ticket_and_changes_nothing_else(support: Any) -> None:
    switch_on()
    receive(support, make_mail(subject="Broken lamp"))
    columns = ("status", "needs_reply", "snippet", "last_author", "active_at", "waiting_since")
    before = Ticket.objects.values(*columns).get()
    seen_up_to = Ticket.objects.get().last_position
    answer_due()
    ticket = Ticket.objects.get()
    after = Ticket.objects.values(*columns).get()
    written = Message.objects.get(kind=MessageKind.OUTBOUND)
    assert (after, ticket.message_count, ticket.needs_reply) == (before, 2, True)
    assert (written.is_automatic, written.author, written.outbox) == (True, None, OutboxMessage.objects.get())
    assert unseen_mails(ticket, seen_position=seen_up_to).messages == ()
    [reply] = receive(support, make_mail(answers=written.message_id))
    assert (reply.outcome, reply.ticket_id) == (Outcome.ADDED, ticket.pk)


def test_a_ticket_that_was_merged_meanwhile_is_acknowledged_where_it_went(support: Any) -> None:
    receive(support, make_mail())
    target = Ticket.objects.get()
    switch_on()
    receive(support, make_mail())
    Ticket.objects.exclude(pk=target.pk).update(merged_into=target)
    answer_due()
    [mail] = sent_mails()
    assert mail["Subject"].endswith(f"[#{target.number}]")
    assert Message.objects.get(kind=MessageKind.OUTBOUND).ticket == target


def test_an_answer_to_a_ticket_is_not_acknowledged(support: Any) -> None:
    switch_on()
    receive(support, make_mail(message_id="first@x.test"))
    receive(support, make_mail(answers="first@x.test"))
    answer_due()
    assert AutomaticAnswer.objects.count() == 1


def test_a_mailbox_may_say_otherwise_than_all(support: Any) -> None:
    other = make_mailbox(support.outgoing)
    switch_on()
    switch_on(other, acknowledges=False)
    receive(other, make_mail())
    receive(support, make_mail())
    answer_due()
    assert [mail["From"].addresses[0].addr_spec for mail in sent_mails()] == ["support@fernhollow.test"]


def test_where_nothing_was_set_nothing_is_asked_or_written(support: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        receive(support, make_mail())
    assert not AutomaticAnswer.objects.exists()
    assert not WorkItem.objects.filter(kind=WorkKind.ANSWER).exists()
    assert not [query for query in queries if "ticketing_a" in query["sql"] and "answer" in query["sql"]]


@pytest.mark.req("S5.57", "S5.5")
def test_who_writes_to_a_mailbox_that_opens_no_tickets_is_told_where_that_is_set(support: Any) -> None:
    Mailbox.objects.update(answers_only=True)
    receive(support, make_mail())
    switch_on(support, acknowledges=None, tells_not_worked=True)
    [seen] = receive(support, make_mail(message_id="m1@x.test"))
    receive(support, make_mail(subject="Automatic reply: lamp"))
    answer_due()
    [mail] = sent_mails()
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Your message was not read", "<m1@x.test>")
    assert (mail["X-Postroom-Ticket"], mail["Auto-Submitted"]) == (None, "auto-replied")
    assert "support@fernhollow.test" in mail.get_body(("plain",)).get_content()
    assert [answer.cause for answer in answers_to(seen.raw_id)] == [AnswerCause.NOT_WORKED]
    assert not Message.objects.exists()


@pytest.mark.both
@pytest.mark.req("S5.57", "S5.5", "S4.52")
def test_who_writes_while_email_to_ticket_is_off_is_told_where_that_is_set(support: Any, people: Any) -> None:
    receive(support, make_mail(message_id="first@customer.test"))
    stop_taking_mail(support.organization, actor=people.admin, tells=True)
    place = Place(None, TextKind.SWITCHED_OFF)
    save_text(place, TextInput("Closed", "<p>{{ mailbox.address }} sleeps.</p>"), version=0)
    [new, answer, automatic] = receive(
        support,
        make_mail(message_id="m1@x.test", sender="ben@elsewhere.test"),
        make_mail(answers="first@customer.test"),
        make_mail(subject="Automatic reply: lamp", headers=[("Auto-Submitted", "auto-replied")]),
    )
    answer_due()
    [mail] = sent_mails()
    assert (mail["To"], mail["Subject"], mail["In-Reply-To"]) == ("ben@elsewhere.test", "Closed", "<m1@x.test>")
    assert mail["Auto-Submitted"] == "auto-replied"
    assert "support@fernhollow.test sleeps." in mail.get_body(("plain",)).get_content()
    assert (new.outcome, new.reason_code, new.ticket_id) == (Outcome.IGNORED, "switched_off", None)
    assert (answer.outcome, answer.ticket_id) == (Outcome.ADDED, Ticket.objects.get().pk)
    assert not answers_to(automatic.raw_id)
    [view] = answer_views(answers_to(new.raw_id))
    assert "email to ticket is off" in f"{view}"
    decide_again(new.raw, actor=people.admin)
    start_taking_mail(support.organization, actor=people.admin)
    process_due()
    answer_due()
    assert (Ticket.objects.count(), len(sent_mails())) == (2, 1)


@pytest.mark.parametrize("answers", ["", "first@x.test"])
def test_whose_mail_is_too_large_is_told_where_that_is_set(support: Any, answers: str) -> None:
    receive(support, make_mail(message_id="first@x.test"))
    receive(support, make_mail(answers=answers), is_header_only=True)
    switch_on(support, tells_too_large=True)
    [seen] = receive(support, make_mail(message_id="m1@x.test", answers=answers), is_header_only=True)
    answer_due()
    [mail] = sent_mails()
    assert (mail["Subject"].partition(" [#")[0], mail["In-Reply-To"]) == ("Your message was too large", "<m1@x.test>")
    assert [answer.cause for answer in answers_to(seen.raw_id)] == [AnswerCause.TOO_LARGE]


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-11-27T10:00", "We have received"),  # a Friday
        ("2026-11-27T20:00", "wieder da am Montag, 30. November 2026 09:00 (Europe/Berlin)"),
    ],
)
def test_outside_business_hours_it_says_when_somebody_is_back(support: Any, moment: str, said: str) -> None:
    week = (*(parse_spans("9-17"),) * 5, (), ())
    set_business_hours(HoursInput(is_on=True, timezone="Europe/Berlin", week=week, days_off=()), version=0)
    Organization.objects.update(timezone="Europe/Berlin")
    switch_on()
    german = TextInput("Geschlossen", "<p>Wir sind wieder da am {{&nbsp;hours.opens }}, Sie hören von uns.</p>")
    save_text(Place(None, TextKind.OUTSIDE_HOURS), german, version=0)
    with clock.held_at(datetime.fromisoformat(moment).replace(tzinfo=UTC)):
        receive(support, make_mail())
        answer_due()
    [mail] = sent_mails()
    assert said in f"{mail['Subject']} {' '.join(mail.get_body(('plain',)).get_content().split())}"


@pytest.mark.parametrize(
    ("mailbox", "of_all", "language", "said"),
    [
        (["", "de"], ["", "de"], "de", "mailbox de"),
        (["", "de"], ["", "de"], "fr", "mailbox any"),
        (["de"], ["", "fr"], "fr", "all fr"),
        (["de"], [""], "", "all any"),
        ([], [], "de", "We have received your message"),
    ],
)
def test_the_mailbox_comes_before_all_and_the_language_before_any(
    support: Any, mailbox: list[str], of_all: list[str], language: str, said: str
) -> None:
    for whose, name, languages in ((support, "mailbox", mailbox), (None, "all", of_all)):
        for code in languages:
            text = TextInput(f"{name} {code or 'any'}", "<p>Hello</p>")
            save_text(Place(whose, TextKind.ACKNOWLEDGEMENT, code), text, version=0)
    found = words_for([TextKind.ACKNOWLEDGEMENT], mailbox_id=support.pk, language=language)
    assert found.subject == said


def test_a_rule_may_withhold_an_acknowledgement_and_answer_in_words_of_its_own(
    support: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_others", {})
    texts.register_text(AnswerCause.CANNED, lambda answer: Text(f"By {answer.cause_id}", "<p>Hello</p>"))
    switch_on()
    [seen] = receive(support, make_mail())
    withhold_acknowledgement(seen.raw_id, rule="Quiet", rule_id=7, moment=clock.now())
    AutomaticAnswer.objects.create(
        raw_id=seen.raw_id,
        cause=AnswerCause.CANNED,
        cause_id="rule 7",
        recipient="anna@customer.test",
        ticket_id=seen.ticket_id,
        wished_at=clock.now(),
    )
    answer_due()
    [mail] = sent_mails()
    assert mail["Subject"].startswith("By rule 7 [#")
    assert mail["X-Postroom-Cause"] == "rule; id=rule 7"
    assert [view.text for view in answer_views(answers_to(seen.raw_id))] == [
        "The rule “Quiet” says so.",
        "To anna@customer.test. Queued.",
    ]


@pytest.mark.req("S5.57", "S5.62")
def test_who_is_refused_with_an_answer_does_not_come_onto_the_ticket_by_it(support: Any) -> None:
    receive(support, make_mail(message_id="first@x.test"))
    save_writers(None, WriterInput(updaters=Updaters.PEOPLE, updating_refused=Refused.ANSWER))
    for _ in range(2):
        [seen] = receive(support, make_mail(sender="eve@evil.test", to="anna@customer.test", answers="first@x.test"))
        answer_due()
        assert (seen.outcome, seen.reason_code) == (Outcome.REJECTED, "may_not_update")
    assert [mail["To"] for mail in sent_mails()] == ["eve@evil.test"] * 2
    assert not any("[#" in mail["Subject"] for mail in sent_mails())
    assert Message.objects.count() == 1


def test_one_that_fails_is_told_on_its_ticket_and_brings_it_not_back(support: Any) -> None:
    switch_on()
    receive(support, make_mail())
    answer_due()
    Ticket.objects.update(status=Status.SOLVED, needs_reply=False)
    settle(Message.objects.get(kind=MessageKind.OUTBOUND), DeliveryState.FAILED)
    assert Ticket.objects.values_list("status", "needs_reply").get() == (Status.SOLVED, False)
    assert TicketEvent.objects.filter(kind=EventKind.DELIVERY_FAILED).count() == 1
