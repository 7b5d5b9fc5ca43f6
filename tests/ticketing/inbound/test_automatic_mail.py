"""What becomes of automatic mail is a setting for each class; kept, it is never answered and noted quietly."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from tests.ticketing.inbound.test_threading import our_id, write_reply
from tests.ticketing.mail.reports import report_on
from ticketing.inbound.automatic import DEFAULTS, Rule
from ticketing.log_words import steps_of
from ticketing.models import AutomaticClass, FilterMode, Message, NewMail, OnTicket, Status, Ticket, TicketEvent
from ticketing.models.filters import EntryKind
from ticketing.reason_words import reason_words
from ticketing.services.automatic_mail import (
    AutomaticInput,
    automatic_rules,
    set_automatic_rules,
)
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.intake_retry import decide_again

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S2.8", "S5.65")]

KEPT, DROPPED = Rule(NewMail.TICKET, OnTicket.NOTE), Rule(NewMail.IGNORE, OnTicket.IGNORE)
FIRST = "first@customer.test"
TO_ALL = "support@fernhollow.test, anna@customer.test"  # names somebody who is on the ticket


def report(kind: str, **headers: str) -> bytes:
    """A report of this type."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "anna@customer.test", "Report"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail["Content-Type"] = f"multipart/report; report-type={kind}; boundary=x"
    return mail.as_bytes() + b"--x\r\n\r\nread\r\n--x--\r\n"


def mail_of(kind: str, **mail: Any) -> bytes:
    """A mail of this class, known by one sign."""
    if kind in ("disposition-notification", "feedback-report"):
        answers = mail.get("answers", "")
        return report(kind, **({"In_Reply_To": f"<{answers}>"} if answers else {}))
    return make_mail(**(SIGNS[kind] | mail))


# A sign of each class, and the nearest thing that is none.
SIGNS: dict[str, dict[str, Any]] = {
    "vacation": {"subject": "Out of office: lamp"},
    "auto-reply": {"headers": [("Auto-Submitted", "auto-replied")]},
    "generated": {"headers": [("Auto-Submitted", "auto-generated")]},
    "daemon": {"sender": "Mail System <MAILER-DAEMON@mx.customer.test>", "to": TO_ALL},
    "null path": {"headers": [("Return-Path", "<>")]},
    "list": {"headers": [("List-Id", "<news.x.test>")]},
}
CLASSES = [
    ("vacation", AutomaticClass.VACATION, "Subject", "vacation"),
    ("auto-reply", AutomaticClass.AUTO_REPLY, "Auto-Submitted: auto-replied", "auto_reply"),
    ("generated", AutomaticClass.GENERATED, "Auto-Submitted: auto-generated", "generated"),
    ("daemon", AutomaticClass.GENERATED, "From: mailer-daemon@mx.customer.test", "generated"),
    ("null path", AutomaticClass.GENERATED, "Return-Path: <>", "generated"),
    ("list", AutomaticClass.LIST, "List-Id", "list"),
    ("disposition-notification", AutomaticClass.READ_RECEIPT, "disposition-notification", "read_receipt"),
    ("feedback-report", AutomaticClass.FEEDBACK, "feedback-report", "feedback_report"),
]
every_class = pytest.mark.parametrize(("name", "kind", "sign", "reason"), CLASSES)


def set_rule(kind: AutomaticClass, rule: Rule) -> None:
    """The rule of the class; the others stay."""
    now = automatic_rules()
    set_automatic_rules(AutomaticInput(dict(now.rules) | {kind: rule}, now.version))


def came(mailbox: Any, content: bytes) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, content)
    return seen


@pytest.fixture
def ticket(support: Any) -> Ticket:
    """Answered, so that it waits for the customer, who has not written since."""
    receive(support, make_mail(message_id=FIRST))
    Ticket.objects.update(status=Status.WAITING, needs_reply=False, waiting_since=None)
    row: Ticket = Ticket.objects.get()
    return row


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("disposition-notification", ("message/disposition-notification", "Original-Message-ID")),
        ("feedback-report", ("message/rfc822", "Message-ID")),
    ],
)
@pytest.mark.parametrize("on_ticket", [OnTicket.IGNORE, OnTicket.NOTE])
def test_a_report_about_a_mail_of_ours_belongs_to_its_ticket_and_a_forged_one_to_none(
    support: Any, ticket: Ticket, kind: str, of: tuple[str, str], on_ticket: OnTicket
) -> None:
    token, (part, header) = write_reply(ticket), of
    known = next(each for name, each, *_ in CLASSES if name == kind)
    set_rule(known, Rule(NewMail.IGNORE, on_ticket))
    seen = came(support, report_on(kind, {part: f"{header}: <{our_id(token)}>"}))
    assert (seen.outcome, seen.ticket_id) == (
        Outcome.ADDED if on_ticket is OnTicket.NOTE else Outcome.IGNORED,
        ticket.pk,
    )
    assert f"ticket #{ticket.number}" in reason_words(seen)
    assert Ticket.objects.get().status == Status.WAITING
    forged = came(support, report_on(kind, {part: f"{header}: <{our_id('b' * 40)}>"}))
    assert (forged.outcome, forged.ticket_id) == (Outcome.IGNORED, None)


@every_class
def test_ignored_as_a_class_it_opens_nothing_and_the_log_says_by_what(
    support: Any, name: str, kind: AutomaticClass, sign: str, reason: str
) -> None:
    set_rule(kind, DROPPED)
    seen = came(support, mail_of(name))
    assert (seen.outcome, seen.reason_code, Ticket.objects.count()) == (Outcome.IGNORED, reason, 0)
    assert sign in reason_words(seen)
    is_default = DEFAULTS[kind].new is NewMail.IGNORE
    assert ("Default" in reason_words(seen), "Setting of automatic mail" in reason_words(seen)) == (
        is_default,
        not is_default,
    )


@every_class
@pytest.mark.req("F110")
def test_kept_it_is_a_ticket_that_nothing_answers(
    support: Any, name: str, kind: AutomaticClass, sign: str, reason: str
) -> None:
    set_rule(kind, KEPT)
    seen = came(support, mail_of(name))
    assert (seen.outcome, seen.reason_code) == (Outcome.CREATED, "new_mail")
    assert sign in reason_words(seen)
    assert "without automatic answer" in reason_words(seen)
    assert ("Default" in reason_words(seen)) == (DEFAULTS[kind].new is NewMail.TICKET)
    assert not OutboxMessage.objects.exists()


@every_class
@pytest.mark.parametrize("status", [Status.WAITING, Status.SOLVED, Status.CLOSED])
def test_a_quiet_note_changes_nothing_else_about_its_ticket(
    support: Any, ticket: Ticket, name: str, kind: AutomaticClass, sign: str, reason: str, status: str
) -> None:
    Ticket.objects.update(status=status)
    set_rule(kind, KEPT)
    seen = came(support, mail_of(name, answers=FIRST))
    now = Ticket.objects.get()
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.ADDED, "quiet_note", ticket.pk)
    unchanged = ("needs_reply", "waiting_since", "snippet", "last_author", "active_at", "subject", "assignee_id")
    assert [getattr(now, field) for field in unchanged] == [getattr(ticket, field) for field in unchanged]
    assert (now.status, now.message_count, Message.objects.filter(ticket=ticket).count()) == (status, 2, 2)
    events = TicketEvent.objects.filter(ticket=ticket).order_by("position").values_list("kind", flat=True)
    assert list(events) == ["ticket_opened", "message_received"]
    assert f"quiet note on ticket #{ticket.number}" in reason_words(seen)
    assert sign in reason_words(seen)
    assert "A quiet note on a ticket" in [step.title for step in steps_of(seen)]
    assert not OutboxMessage.objects.exists()


@every_class
def test_a_mail_that_only_looks_like_it_is_an_answer_of_a_person(
    support: Any, ticket: Ticket, name: str, kind: AutomaticClass, sign: str, reason: str
) -> None:
    set_rule(kind, DROPPED)
    seen = came(support, make_mail(answers=FIRST, **NEAR_MISSES[name]))
    assert (seen.outcome, seen.reason_code) == (Outcome.ADDED, "answer")
    assert (Ticket.objects.get().status, Ticket.objects.get().needs_reply) == (Status.OPEN, True)


@pytest.mark.req("S5.65")
@pytest.mark.parametrize(
    ("headers", "subject", "text"),
    [
        ([("Auto-Submitted", "auto-generated")], "Automatic reply: lamp", "Please write to my colleague."),
        ([("Auto-Submitted", "auto-replied (vacation)")], "Re: lamp", "Please write to my colleague."),
        ([("X-Autoreply", "yes"), ("Precedence", "bulk")], "Re: lamp", "I am back on the 12th."),
    ],
)
def test_a_note_of_any_common_responder_is_quietly_on_its_ticket_where_nothing_is_set(
    support: Any, ticket: Ticket, headers: list[tuple[str, str]], subject: str, text: str
) -> None:
    seen = came(support, make_mail(subject=subject, text=text, headers=headers, answers=FIRST))
    assert (seen.outcome, seen.reason_code) == (Outcome.ADDED, "quiet_note")
    row = Ticket.objects.get()
    assert (row.status, row.needs_reply) == (Status.WAITING, False)


NEAR_MISSES: dict[str, dict[str, Any]] = {
    "vacation": {"subject": "Lamp for my office, out of stock?"},
    "auto-reply": {"headers": [("Auto-Submitted", "no")]},
    "generated": {"headers": [("Auto-Submitted", "auto-forwarded")]},
    "daemon": {"sender": "Dae Mon <mailer@customer.test>", "to": TO_ALL},
    "null path": {"headers": [("Return-Path", "<anna@customer.test>")]},
    "list": {"headers": [("Precedence", "first-class")]},
    "disposition-notification": {"headers": [("Disposition-Notification-To", "anna@customer.test")]},
    "feedback-report": {"subject": "Feedback report"},
}


def test_where_nothing_is_set_programs_and_lists_answer_tickets_as_people_do(support: Any, ticket: Ticket) -> None:
    seen = came(support, mail_of("list", answers=FIRST))
    assert (seen.reason_code, Ticket.objects.get().status) == ("answer", Status.OPEN)


def test_what_was_ignored_is_decided_anew_on_request(support: Any, people: Any) -> None:
    seen = came(support, mail_of("auto-reply"))
    set_rule(AutomaticClass.AUTO_REPLY, KEPT)
    decide_again(seen.raw, actor=people.admin)
    process_due()
    seen.refresh_from_db()
    assert (seen.outcome, Ticket.objects.count()) == (Outcome.CREATED, 1)


def test_what_a_filter_ignores_is_no_note_either(support: Any, ticket: Ticket) -> None:
    set_rule(AutomaticClass.VACATION, KEPT)
    save_filter(support, FilterInput(FilterMode.IGNORE, (tidy_entry(EntryKind.WORDS, "out of office"),)))
    assert came(support, mail_of("vacation", answers=FIRST)).reason_code == "filtered"


def test_the_next_mail_heeds_a_change_and_another_organization_keeps_its_own(support: Any, otherco: Any) -> None:
    assert came(support, mail_of("list")).outcome == Outcome.CREATED
    set_rule(AutomaticClass.LIST, DROPPED)
    assert came(support, mail_of("list")).outcome == Outcome.IGNORED
    set_rule(AutomaticClass.LIST, KEPT)
    assert came(support, mail_of("list")).outcome == Outcome.CREATED
    set_rule(AutomaticClass.LIST, DROPPED)
    with organization_scope(otherco.id):
        assert automatic_rules() == AutomaticInput(DEFAULTS, 0)
        assert came(make_mailbox(address="support@otherco.test"), mail_of("list")).outcome == Outcome.CREATED


def test_the_settings_are_read_once_for_many_mails(support: Any) -> None:
    set_rule(AutomaticClass.LIST, DROPPED)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        receive(support, mail_of("list"), mail_of("list"), mail_of("vacation"))
    assert sum("automaticpolicy" in query["sql"] for query in queries) == 1


def test_a_change_is_audited_from_and_to_and_no_change_is_not(support: Any) -> None:
    set_rule(AutomaticClass.AUTO_REPLY, KEPT)
    set_rule(AutomaticClass.AUTO_REPLY, KEPT)
    [entry] = AuditEntry.objects.filter(action="automatic.changed")
    assert entry.changes == {
        "auto_reply_new": ["Ignore", "Keep as a ticket, no automatic answer"],
        "auto_reply_on_ticket": ["Ignore", "Quiet note on the ticket"],
    }


def test_a_page_that_is_older_than_the_setting_changes_nothing(support: Any) -> None:
    set_rule(AutomaticClass.LIST, DROPPED)
    with pytest.raises(ChangedMeanwhile):
        set_automatic_rules(AutomaticInput(DEFAULTS, 0))
    assert automatic_rules().rules[AutomaticClass.LIST] == DROPPED


def test_an_automatic_reply_is_never_an_answer(support: Any) -> None:
    with pytest.raises(DomainError, match="cannot be chosen"):
        set_rule(AutomaticClass.AUTO_REPLY, Rule(NewMail.TICKET, OnTicket.ANSWER))
