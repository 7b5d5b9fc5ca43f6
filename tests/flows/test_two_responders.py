"""Mailboxes that answer each other by themselves: it ends within the budget, and the inbound log says why."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutboxMessage, Outcome, RemoteMessage
from mailboxes.notices import notice_of
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.ticketing.answering.answering import answer_due, switch_on
from ticketing.answer_words import answer_views
from ticketing.loop_words import breaker_title
from ticketing.models import LoopLimits, Ticket
from ticketing.queries.answers import answers_to
from ticketing.queries.breakers import breakers
from ticketing.reason_words import reason_words
from ticketing.services.loops import LimitsInput, resume, set_limits

pytestmark = [pytest.mark.django_db, pytest.mark.req("F84", "F85")]
MOST = 100  # rounds, should nothing stop it
BUDGET = LoopLimits().answers_per_pair
ADDRESSES = ("support@fernhollow.test", "help@otherco.test")


@pytest.fixture
def ends(fernhollow: Any, otherco: Any) -> list[Mailbox]:
    """A mailbox of each, both of which acknowledge new tickets. Neither knows of the other."""
    made = []
    for organization, address in zip((fernhollow, otherco), ADDRESSES, strict=True):
        with organization_scope(organization.id):
            switch_on()
            made.append(make_mailbox(make_outgoing_server(), address=address))
    return made


def bring(mailbox: Mailbox, content: bytes) -> list[bytes]:
    """The mail comes in; gives what leaves by itself thereupon."""
    with organization_scope(mailbox.organization_id):
        before = OutboxMessage.objects.count()
        receive(mailbox, content)
        answer_due()
        return [files.read(row.storage_key) for row in OutboxMessage.objects.order_by("id")[before:]]


def newest_words(mailbox: Mailbox) -> str:
    """What the log says of the newest mail and of the answer to it."""
    with organization_scope(mailbox.organization_id):
        row = RemoteMessage.objects.latest("id")
        answers = answer_views(answers_to(row.raw_id)) if row.raw_id else []
        return " ".join([reason_words(row), *(view.text for view in answers)])


def laundered(content: bytes) -> bytes:
    """The mail as a gateway makes it that keeps no header, no number of a ticket and no HTML."""
    mail: Any = message_from_bytes(content, policy=policy.default)
    return make_mail(
        sender=mail["From"],
        to=mail["To"],
        subject=re.sub(r"\[#\d+\]", "", mail["Subject"]),
        text=mail.get_body(("plain",)).get_content(),
    )


def test_two_installations_that_acknowledge_each_other_stop_at_the_first_acknowledgement(ends: list[Mailbox]) -> None:
    first, second = ends
    [acknowledgement] = bring(first, make_mail(sender=second.address))
    assert bring(second, acknowledgement) == []
    assert "An automatic reply." in newest_words(second)
    with organization_scope(second.organization_id):
        assert not Ticket.objects.exists()


def stopped(mailbox: Mailbox) -> tuple[str, str, list[int]]:
    """What loop protection of the mailbox's organization says: title, mail to its admins, tickets that it names."""
    with organization_scope(mailbox.organization_id):
        [view] = breakers()
        notices = AuditEntry.objects.filter(action__startswith="breaker.")
        return (
            breaker_title(view.breaker, mailbox=view.mailbox),
            notice_of(notices.get()).text,  # one: they hear of it once
            [ticket.number for ticket in view.tickets],
        )


def test_where_every_header_is_lost_between_them_they_stop_within_the_budget_and_both_logs_say_why(
    ends: list[Mailbox],
) -> None:
    first, second = ends
    mail, rounds = make_mail(sender=second.address), 0
    for rounds in range(MOST):
        left = bring(ends[rounds % 2], mail)
        if not left:
            break
        [answer] = left
        mail = laundered(answer)
    assert rounds == 2 * BUDGET
    # The one that stops has answered as often as it may; the other has answered each, and its last mail got none.
    assert f"has given {second.address} {BUDGET} automatic answers within 60 minutes" in newest_words(first)
    title, notice, tickets = stopped(first)
    assert title == f"Too many automatic answers went from Support to {second.address}"
    assert title in notice
    assert tickets == list(range(BUDGET, 0, -1))
    assert f"To {first.address}." in newest_words(second)
    # Whoever begins anew from the other side meets the same there.
    for _ in range(2):
        assert bring(second, make_mail(sender=first.address)) == []
    assert "too many automatic answers before, and nobody has let it go on" in newest_words(second)
    title, notice, tickets = stopped(second)
    assert title == f"Too many automatic answers went from Support to {first.address}"
    assert len(tickets) == BUDGET
    for mailbox in ends:
        with organization_scope(mailbox.organization_id):
            assert OutboxMessage.objects.count() == BUDGET


def test_a_vacation_responder_that_ignores_every_header_is_stopped_both_ways_and_the_log_says_why(
    ends: list[Mailbox], people: Any
) -> None:
    """It answers whatever it gets, as a person would, and never tires; the tickets it would open end as well."""
    first, _second = ends
    sent, mail = 0, make_mail(sender="anna@customer.test")
    with organization_scope(first.organization_id):
        set_limits(LimitsInput(equal=BUDGET + 4))
    for number in range(BUDGET + 8):
        sent += len(bring(first, mail))
        headers = [("X-Number", str(number))]
        mail = make_mail(sender="anna@customer.test", subject="Thank you", text="We are closed.\n", headers=headers)
    assert sent == BUDGET
    with organization_scope(first.organization_id):
        outcomes = list(RemoteMessage.objects.order_by("id").values_list("outcome", flat=True))
        assert outcomes == [Outcome.CREATED] * (1 + BUDGET + 4) + [Outcome.LOOP] * 3
        said = [reason_words(row) for row in RemoteMessage.objects.order_by("id")]
        answers = [
            view.text
            for row in RemoteMessage.objects.order_by("id")
            for view in answer_views(answers_to(row.raw_id))
            if view.state == "skip"
        ]
        titles = {breaker_title(view.breaker, mailbox=view.mailbox) for view in breakers()}
        assert all(view.tickets for view in breakers())
    assert f"has given anna@customer.test {BUDGET} automatic answers within 60 minutes" in answers[0]
    assert "nobody has let it go on" in answers[-1]
    assert "The same text came again and again from anna@customer.test" in said[-3]
    assert titles == {
        "Too many automatic answers went from Support to anna@customer.test",
        "The same text came again and again from anna@customer.test",
    }
    with organization_scope(first.organization_id):
        for view in breakers():
            resume(view.breaker.pk, actor=people.admin)
    assert len(bring(first, make_mail(sender="anna@customer.test", subject="Back again"))) == 1
