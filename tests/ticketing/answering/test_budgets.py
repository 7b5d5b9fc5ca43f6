"""Automatic answers have budgets. One that is spent stops them, says on which tickets, once, until somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import AuditEntry, Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Mailbox, OutboxMessage
from mailboxes.notices import notice_of
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.ticketing.answering.answering import answer_due, switch_on
from ticketing.answer_words import answer_views
from ticketing.models import AutomaticAnswer, Breaker, FloodScope, Ticket
from ticketing.queries.answers import answers_to
from ticketing.queries.breakers import breakers
from ticketing.services.answer_policy import LimitsInput as AnswerLimitsInput
from ticketing.services.answer_policy import set_answer_limits
from ticketing.services.loops import LimitsInput, resume, set_limits

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.68", "F83", "F84")]
ANNA, BEN = "anna@customer.test", "ben@customer.test"


@pytest.fixture
def mailboxes(support: Any) -> list[Mailbox]:
    """Two that acknowledge."""
    switch_on()
    return [support, make_mailbox(make_outgoing_server(), address="sales@fernhollow.test", name="Sales")]


def answered(mailbox: Mailbox, *, sender: str) -> AutomaticAnswer:
    """What became of the answer to a new mail of this sender."""
    [seen] = receive(mailbox, make_mail(sender=sender))
    answer_due()
    [answer] = answers_to(seen.raw_id)
    return answer


def spending(scope: FloodScope, mailboxes: list[Mailbox]) -> Iterator[tuple[Mailbox, str]]:
    """Mails of which the third is too much of this alone."""
    both = cycle(mailboxes)
    for number in range(20):
        if scope is FloodScope.ANSWERS_MAILBOX:
            yield mailboxes[0], f"person{number}@x.test"
        elif scope is FloodScope.ANSWERS_PAIR:
            yield mailboxes[0], ANNA
        else:
            yield next(both), f"anna+{number}@customer.test"  # whatever its tag


CASES = {
    FloodScope.ANSWERS: (
        ANNA,
        "has had 2 automatic answers within 3 hours",
        "went to anna@customer.test",
        "automatic-answers/#limits",
    ),
    FloodScope.ANSWERS_PAIR: (
        "anna@customer.test {support}",
        "has given anna@customer.test 2 automatic answers within 60 minutes",
        "went from Support to anna@customer.test",
        "loops/#limits",
    ),
    FloodScope.ANSWERS_MAILBOX: (
        "{support}",
        "has given 2 automatic answers within 60 minutes",
        "went out from Support",
        "loops/#limits",
    ),
    FloodScope.ANSWERS_HERE: (
        ANNA,
        "had 2 automatic answers of this installation",
        "all organizations here together",
        "loops/",
    ),
}


@pytest.mark.both
@pytest.mark.parametrize("scope", CASES)
def test_a_spent_budget_stops_answers_and_says_so_once_until_somebody_lets_them_go_on(
    mailboxes: list[Mailbox], people: Any, scope: FloodScope
) -> None:
    key, why, title, place = CASES[scope]
    most = LimitsInput(
        answers_per_mailbox=2 if scope is FloodScope.ANSWERS_MAILBOX else 90,
        answers_per_pair=2 if scope is FloodScope.ANSWERS_PAIR else 90,
    )
    set_limits(most)
    per_address = 2 if scope is FloodScope.ANSWERS else 90
    set_answer_limits(AnswerLimitsInput((), max_answers=per_address, within_hours=3), version=0)
    mails = spending(scope, mailboxes)
    with override_settings(ANSWERS_PER_ADDRESS_AND_HOUR=2 if scope is FloodScope.ANSWERS_HERE else 0):
        given = [answered(mailbox, sender=sender) for mailbox, sender in (next(mails) for _ in range(4))]
        assert [each.reason_code != "" for each in given] == [False, False, True, True]
        ours = Organization.objects.get(slug="fernhollow")
        third, fourth = (answer_views([each], organization=ours)[0] for each in given[2:])
        assert why in third.text
        assert "too many automatic answers" in fourth.text
        assert (third.setting, fourth.setting) == (f"/o/fernhollow/{place}", "/o/fernhollow/loops/")

        [view] = breakers()
        assert (view.breaker.scope, view.breaker.key) == (scope, key.format(support=mailboxes[0].pk))
        assert (view.breaker.count, view.breaker.stopped, view.stands) == (2, 2, True)
        tickets = [ticket.number for ticket in Ticket.objects.order_by("-id")]
        assert [ticket.number for ticket in view.tickets] == tickets[2:]
        notice = notice_of(AuditEntry.objects.get(action="breaker.withheld"))
        assert title in notice.text
        assert f"Tickets that it touched: #{tickets[2]}, #{tickets[3]}." in notice.text

        other = mailboxes[1] if scope is FloodScope.ANSWERS_MAILBOX else mailboxes[0]
        assert answered(other, sender=BEN).reason_code == ""
        resume(view.breaker.pk, actor=people.admin)
        mailbox, sender = next(mails)
        assert answered(mailbox, sender=sender).reason_code == ""
    label = {FloodScope.ANSWERS_MAILBOX: "Support", FloodScope.ANSWERS_PAIR: f"{ANNA} (Support)"}.get(scope, ANNA)
    told = AuditEntry.objects.filter(action__in=("breaker.withheld", "breaker.answering")).order_by("id")
    assert [(entry.action, entry.target_label) for entry in told] == [
        ("breaker.withheld", label),
        ("breaker.answering", label),
    ]
    assert OutboxMessage.objects.count() == 4


@pytest.mark.parametrize(
    ("most", "hours"),
    [(LimitsInput(answers_per_pair=1, hold_hours=5), 5), (LimitsInput(answers_per_mailbox=1, hold_hours=5), 5)],
)
def test_it_ends_by_itself_and_is_told_of_again_when_it_goes_on(
    mailboxes: list[Mailbox], most: LimitsInput, hours: int
) -> None:
    set_limits(most)
    begin = clock.now()
    assert [answered(mailboxes[0], sender=ANNA).reason_code != "" for _ in range(3)] == [False, True, True]
    with clock.held_at(begin + timedelta(hours=hours, minutes=1)):
        assert [answered(mailboxes[0], sender=ANNA).reason_code != "" for _ in range(2)] == [False, True]
    assert list(Breaker.objects.order_by("id").values_list("stopped", flat=True)) == [2, 1]
    assert AuditEntry.objects.filter(action="breaker.withheld").count() == 2


def test_what_budgets_count_costs_one_statement(mailboxes: list[Mailbox]) -> None:
    answered(mailboxes[0], sender=ANNA)
    receive(mailboxes[0], make_mail(sender=BEN))
    with CaptureQueriesContext(connection) as queries:
        drains.drain_now(WorkKind.ANSWER, budget_s=60)
    asked = [query["sql"] for query in queries if "ticketing_automaticanswer" in query["sql"].partition("WHERE")[0]]
    assert sum("COUNT(" in sql for sql in asked) == 2  # before the answer is composed, and under the lock
    assert not [query for query in queries if "ticketing_looplimits" in query["sql"]]
    assert len(queries) <= 56
