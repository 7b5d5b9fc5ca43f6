"""What counts as received before: for how long, through which mailboxes; and what of an answer is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.mail.parse import parse_mail
from ticketing.models import Copies, EventKind, Message, Quotes, Ticket, TicketEvent
from ticketing.outbound.envelopes import _first_line
from ticketing.reason_words import reason_words
from ticketing.remark_words import message_remarks
from ticketing.services.mail_policy import MailPolicyInput, mail_policy, set_mail_policy

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S4.65")]

TWICE = make_mail(message_id="twice@x.test", to="support@fernhollow.test, sales@fernhollow.test", files=[("a", b"a")])
OTHER_WAY = b"Received: by another way\r\n" + TWICE


@pytest.fixture
def sales(support: Mailbox) -> Mailbox:
    """sales@fernhollow.test, which gives its tickets to the team that support@ gives its own."""
    team = Team.objects.create(name="Front")
    Mailbox.objects.filter(pk=support.pk).update(team=team)
    return make_mailbox(address="sales@fernhollow.test", name="Sales", team=team)


def outcomes() -> list[str]:
    """Of everything that came, in order."""
    return list(RemoteMessage.objects.order_by("id").values_list("outcome", flat=True))


@pytest.mark.parametrize(
    ("days", "later", "second"),
    [
        (None, timedelta(days=3000), Outcome.DUPLICATE),
        (7, timedelta(days=7), Outcome.DUPLICATE),
        (7, timedelta(days=7, minutes=1), Outcome.CREATED),
    ],
)
def test_a_mail_is_remembered_for_as_long_as_is_set(
    support: Any, days: int | None, later: timedelta, second: str
) -> None:
    set_mail_policy(MailPolicyInput(repeat_days=days))
    now = clock.now()
    receive(support, TWICE, received_at=now - later)
    receive(support, OTHER_WAY, received_at=now)
    assert outcomes() == [Outcome.CREATED, second]


def test_a_copy_through_a_mailbox_of_the_same_team_is_linked_and_not_doubled(support: Any, sales: Any) -> None:
    receive(support, TWICE)
    (copy,) = receive(sales, OTHER_WAY)
    ticket = Ticket.objects.get()
    assert (copy.outcome, copy.reason_code, copy.ticket_id) == (Outcome.DUPLICATE, "copy", ticket.pk)
    assert (ticket.message_count, Message.objects.count()) == (1, 1)
    event = TicketEvent.objects.get(kind=EventKind.COPY_RECEIVED)
    assert (event.ticket_id, event.data["mailbox"]) == (ticket.pk, "Sales")
    assert "through the mailbox “Support” before; it is in ticket #1" in reason_words(copy)


@pytest.mark.parametrize(
    ("copies", "same_team", "tickets"),
    [
        (Copies.SAME_TEAM, False, 2),
        (Copies.ANY, False, 1),
        (Copies.APART, True, 2),
    ],
)
def test_whether_two_mailboxes_are_one_is_a_setting(
    support: Any, sales: Any, copies: Copies, *, same_team: bool, tickets: int
) -> None:
    set_mail_policy(MailPolicyInput(copies=copies))
    if not same_team:
        Mailbox.objects.filter(pk=sales.pk).update(team=None)
    receive(support, TWICE)
    receive(sales, OTHER_WAY)
    assert Ticket.objects.count() == tickets


def test_mailboxes_without_a_team_are_two(support: Any) -> None:
    receive(support, TWICE)
    receive(make_mailbox(address="sales@fernhollow.test"), OTHER_WAY)
    assert Ticket.objects.count() == 2


def test_with_other_content_it_is_another_mail_there_too(support: Any, sales: Any) -> None:
    receive(support, TWICE)
    receive(sales, make_mail(message_id="twice@x.test", text="Something else.\n", files=[("a", b"a")]))
    assert outcomes() == [Outcome.CREATED, Outcome.CREATED]


def test_an_answer_that_comes_through_two_mailboxes_stands_once_on_its_ticket(support: Any, sales: Any) -> None:
    set_mail_policy(MailPolicyInput(copies=Copies.APART))
    receive(support, make_mail(message_id="first@x.test"))
    answer = make_mail(message_id="second@x.test", answers="first@x.test")
    receive(support, answer)
    (copy,) = receive(sales, b"Received: by another way\r\n" + answer)
    assert (copy.reason_code, Message.objects.count()) == ("copy", 2)


QUOTING = "It works now.\n\nOn Monday Support wrote:\n> Does it work?\n> Please tell us.\n"


@pytest.mark.req("S5.49")
@pytest.mark.parametrize("quotes", [Quotes.KEEP, Quotes.DROP])
def test_what_an_answer_quotes_is_kept_folded_or_left_out_as_set(support: Any, quotes: Quotes) -> None:
    set_mail_policy(MailPolicyInput(quotes=quotes))
    receive(support, make_mail(message_id="first@x.test", text=QUOTING))
    receive(support, make_mail(answers="first@x.test", text=QUOTING))
    opening, answer = Message.objects.order_by("position")
    assert "Does it work?" in opening.text  # nobody else has told it
    assert ("Does it work?" in answer.text) == (quotes is Quotes.KEEP)
    assert any("left out" in words for words in message_remarks(answer)) == (quotes is Quotes.DROP)


@pytest.mark.req("S5.49")
def test_a_mail_handed_on_without_a_word_keeps_what_it_quotes(support: Any) -> None:
    set_mail_policy(MailPolicyInput(quotes=Quotes.DROP))
    receive(support, make_mail(message_id="first@x.test"))
    text = "---------- Forwarded message ----------\nFrom: Ben <ben@x.test>\nSubject: Lamp\n\nThe lamp is here.\n"
    receive(support, make_mail(answers="first@x.test", text=text))
    assert "The lamp is here." in Message.objects.latest("position").text


def test_the_line_that_asks_to_answer_above_it_is_known_again(support: Any) -> None:
    assert _first_line() == ""
    set_mail_policy(MailPolicyInput(asks_above=True))
    text = f"It works.\n\n{_first_line()}\n\nDoes it work?\n"
    assert parse_mail(make_mail(text=text)).reply_text.strip() == "It works."


def test_a_change_is_told_and_one_of_an_outdated_page_refused(support: Any) -> None:
    set_mail_policy(MailPolicyInput(repeat_days=7))
    entry = AuditEntry.objects.get(action="mail_policy.changed")
    assert entry.changes == {"repeat_days": ["for ever", 7]}
    with pytest.raises(ChangedMeanwhile):
        set_mail_policy(MailPolicyInput(repeat_days=1))
    with pytest.raises(DomainError, match="offered"):
        set_mail_policy(MailPolicyInput(repeat_days=5, version=1))
    assert mail_policy() == MailPolicyInput(repeat_days=7, version=1)
