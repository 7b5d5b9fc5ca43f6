"""Mailboxes that answer each other by themselves: it ends within the budget, and the inbound log says why."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutboxMessage, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.ticketing.answering.answering import answer_due, switch_on
from ticketing.answer_words import answer_views
from ticketing.models import AnswerLimits, Ticket
from ticketing.queries.answers import answers_to
from ticketing.reason_words import reason_words

pytestmark = [pytest.mark.django_db, pytest.mark.req("F84", "F85")]
MOST = 100  # rounds, should nothing stop it
BUDGET = AnswerLimits().max_answers
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


def test_where_every_header_is_lost_between_them_they_stop_within_the_budget(ends: list[Mailbox]) -> None:
    mail, rounds = make_mail(sender=ends[1].address), 0
    for rounds in range(MOST):
        left = bring(ends[rounds % 2], mail)
        if not left:
            break
        [answer] = left
        mail = laundered(answer)
    assert rounds == 2 * BUDGET
    assert f"{BUDGET}" in newest_words(ends[0])
    for mailbox in ends:
        with organization_scope(mailbox.organization_id):
            assert OutboxMessage.objects.count() == BUDGET


def test_a_responder_that_ignores_every_header_is_answered_no_more_than_the_budget_allows(ends: list[Mailbox]) -> None:
    first, _second = ends
    sent = 0
    for number in range(BUDGET + 2):
        away = make_mail(sender="anna@customer.test", subject=f"Thank you {number}", text="We are closed this week.\n")
        sent += len(bring(first, away))
    assert sent == BUDGET
    with organization_scope(first.organization_id):
        assert set(RemoteMessage.objects.values_list("outcome", flat=True)) == {Outcome.CREATED}
