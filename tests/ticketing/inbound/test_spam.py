"""New mail whose headers say spam: a ticket among the spam that nobody is given, with the reason in words."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Company, Organization, Team
from mailboxes.models import ConnectionKind, ExistingMail, Mailbox, Outcome
from tests.factories.incoming import make_mail, receive, receive_head, receive_rest
from ticketing.inbound.spam_trust import provider_of
from ticketing.log_words import steps_of
from ticketing.mail.spam_headers import Provider
from ticketing.models import Priority, SpamMark, Status, Ticket, TicketEvent
from ticketing.queries.tickets import other_tickets
from ticketing.reason_words import reason_words
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S3.15")]

FLAG = ("X-Spam-Flag", "YES")
SIGNALS = {
    "trusts_spamassassin": FLAG,
    "trusts_exchange": ("X-Forefront-Antispam-Report", "SFV:SPM;SCL:6"),
    "trusts_feedback_id": ("Feedback-ID", "1:shop"),
    "trusts_dmarc": ("Authentication-Results", "mx.x.test; dmarc=fail"),
}


@pytest.mark.parametrize("switch", SIGNALS)
def test_each_signal_marks_the_new_ticket_and_says_why(support: Any, switch: str) -> None:
    [seen] = receive(support, make_mail(headers=[SIGNALS[switch]]))
    ticket = Ticket.objects.get()
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.SPAM, "spam_header", ticket.pk)
    assert (ticket.spam_mark, ticket.is_spam, ticket.status) == (SpamMark.AUTO_SPAM, True, Status.NEW)
    assert SIGNALS[switch][0] in reason_words(seen)
    assert "Taken for spam" in [step.title for step in steps_of(seen)]


@pytest.mark.parametrize("switch", SIGNALS)
def test_switched_off_the_signal_says_nothing(support: Any, switch: str) -> None:
    Mailbox.objects.update(**{switch: False})
    [seen] = receive(support, make_mail(headers=[SIGNALS[switch]]))
    assert (seen.outcome, Ticket.objects.get().spam_mark) == (Outcome.CREATED, SpamMark.NONE)


def test_the_history_tells_of_the_mark_after_the_message(support: Any) -> None:
    receive(support, make_mail(headers=[FLAG]))
    opened, marked = TicketEvent.objects.order_by("position")
    assert (opened.kind, marked.kind, marked.actor, marked.cause) == ("ticket_opened", "spam_marked", None, "mail")
    assert "X-Spam-Flag: YES" in event_words(marked)
    assert Ticket.objects.get().last_position == marked.position


@pytest.mark.req("S3.26", "S4.34")
def test_spam_is_given_to_nobody(support: Any, people: Any) -> None:
    team = Team.objects.create(name="Repairs")
    Organization.objects.update(serves_companies=True)
    bakery = Company.objects.create(name="Bakery")
    Mailbox.objects.update(team=team, assignee=people.agent, ticket_priority="urgent", company=bakery)
    receive(support, make_mail(headers=[FLAG]))
    ticket = Ticket.objects.get()
    assert (ticket.team, ticket.assignee, ticket.priority) == (None, None, Priority.NORMAL)
    assert ticket.company is None


@pytest.mark.req("S3.18")
@pytest.mark.parametrize("switch", SIGNALS)
def test_an_answer_is_added_to_its_ticket_whatever_its_headers_say(support: Any, switch: str) -> None:
    receive(support, make_mail(message_id="first@customer.test"))
    [seen] = receive(support, make_mail(answers="first@customer.test", headers=[SIGNALS[switch]]))
    ticket = Ticket.objects.get()
    assert (seen.outcome, ticket.is_spam, ticket.message_count) == (Outcome.ADDED, False, 2)


@pytest.mark.req("S3.18")
@pytest.mark.parametrize(("switch", "is_spam"), [("trusts_feedback_id", False), ("trusts_spamassassin", True)])
def test_an_answer_to_a_closed_ticket_is_never_spam_by_feedback_id(support: Any, switch: str, is_spam: bool) -> None:
    receive(support, make_mail(message_id="first@customer.test"))
    Ticket.objects.update(status=Status.CLOSED)
    [seen] = receive(support, make_mail(answers="first@customer.test", headers=[SIGNALS[switch]]))
    opened = Ticket.objects.get(follows__isnull=False)
    assert (opened.is_spam, seen.ticket_id) == (is_spam, opened.pk)
    events = TicketEvent.objects.filter(ticket=opened).order_by("position")
    assert [event.kind for event in events] == ["ticket_opened", *["spam_marked"] * is_spam]
    assert opened.last_position == events[len(events) - 1].position
    assert Ticket.objects.get(follows=None).last_position == opened.last_position + 1


@pytest.mark.req("S3.25")
@pytest.mark.parametrize(("is_spam", "mark"), [(True, SpamMark.MANUAL_SPAM), (False, SpamMark.MANUAL_CLEAN)])
def test_what_a_person_said_stays_whatever_comes_later(support: Any, people: Any, is_spam: bool, mark: str) -> None:
    receive(support, make_mail(message_id="first@customer.test", headers=[FLAG]))
    changes.mark_spam([Ticket.objects.get()], is_spam=is_spam, by=By(actor=people.agent))
    receive(support, make_mail(answers="first@customer.test", headers=[FLAG]))
    receive(support, make_mail(answers="first@customer.test"))
    ticket = Ticket.objects.get()
    assert (ticket.spam_mark, ticket.is_spam, ticket.message_count) == (mark, is_spam, 3)


def test_history_among_the_spam_stays_closed(support: Any) -> None:
    Mailbox.objects.update(existing_mail=ExistingMail.CLOSED)
    receive(support, make_mail(headers=[FLAG]), is_history=True)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.is_spam, ticket.is_history) == (Status.CLOSED, True, True)


def test_the_whole_of_a_large_one_is_spam_as_its_headers_were(support: Any) -> None:
    mail = make_mail(headers=[FLAG])
    head = receive_head(support, mail)
    assert (head.outcome, receive_rest(head, mail).outcome) == (Outcome.SPAM, Outcome.SPAM)
    assert Ticket.objects.get().is_spam


def test_a_mailbox_that_takes_answers_only_judges_nothing(support: Any) -> None:
    Mailbox.objects.update(answers_only=True)
    [seen] = receive(support, make_mail(headers=[FLAG]))
    assert seen.reason_code == "answers_only"


@pytest.mark.parametrize(("host", "is_spam"), [("imap.gmail.com", False), ("imap.fernhollow.test", True)])
def test_believing_the_provider_alone_leaves_out_what_it_never_writes(support: Any, host: str, is_spam: bool) -> None:
    support.connection.host = host
    support.connection.save()
    Mailbox.objects.update(spam_trust="provider")
    receive(support, make_mail(headers=[FLAG]))
    assert Ticket.objects.get().is_spam == is_spam


@pytest.mark.parametrize(
    ("kind", "host", "provider"),
    [
        (ConnectionKind.GRAPH, "", Provider.MICROSOFT),
        (ConnectionKind.IMAP, "outlook.office365.com", Provider.MICROSOFT),
        (ConnectionKind.IMAP, "IMAP.gmail.com.", Provider.GOOGLE),
        (ConnectionKind.IMAP, "imap.notgmail.com", Provider.UNKNOWN),
        (ConnectionKind.PUSH, "", Provider.UNKNOWN),
    ],
)
def test_the_provider_is_known_by_the_server(kind: str, host: str, provider: Provider) -> None:
    assert provider_of(kind, host=host) == provider


def test_spam_is_not_among_the_other_tickets_of_its_sender(support: Any, people: Any) -> None:
    receive(support, make_mail(), make_mail(headers=[FLAG]))
    clean, spam = Ticket.objects.order_by("id")
    assert other_tickets(clean, actor=people.agent) == []
    assert other_tickets(spam, actor=people.agent) == [clean]
