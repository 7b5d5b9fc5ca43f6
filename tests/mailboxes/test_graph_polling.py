"""Polling a mailbox of Microsoft 365 from the fake of Graph into ledger and storage: what only this kind has."""

from __future__ import annotations

import pytest

from mailboxes.connectors.graph_client import segment
from mailboxes.models import Health
from tests.fakes.graph import graph_error
from tests.mailboxes.account import mail
from tests.mailboxes.graph import GraphAccount

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def account(graph_account: GraphAccount) -> GraphAccount:
    """An empty mailbox at the fake."""
    return graph_account


@pytest.mark.req("F55")
def test_a_mail_moved_away_and_back_is_no_second_one(account: GraphAccount) -> None:
    account.connect()
    account.put(1)
    account.poll()
    [item] = account.box.items
    account.box.move(item, account.box.well_known["archive"])
    account.poll()
    account.box.move(item, account.box.well_known["inbox"])
    account.poll()
    assert account.stored() == [mail(1)]


@pytest.mark.req("F54")
def test_a_mail_that_a_rule_moves_away_before_it_is_fetched_is_gone_and_stops_no_other(
    account: GraphAccount,
) -> None:
    account.connect()
    account.put(1, 2)
    moved = account.box.items[0]
    account.graph.next(
        f"/messages/{segment(moved.immutable_id)}/$value", graph_error(404, "ErrorItemNotFound", "not found")
    )
    account.poll()
    assert account.stored() == [mail(2)]
    assert account.mailbox().health == Health.REACHABLE


def test_chats_are_in_the_log_and_not_in_storage(account: GraphAccount) -> None:
    account.connect()
    account.put(1, message_class="IPM.SkypeTeams.Message")
    account.put(2)
    account.poll()
    assert [row.reason_code for row in account.sightings()] == ["not_mail", ""]
    assert account.stored() == [mail(2)]


def test_one_mail_that_graph_cannot_give_stops_no_other(account: GraphAccount) -> None:
    account.connect()
    account.put(1)
    broken = account.box.deliver(mail(2), has_mime=False)
    answers = [graph_error(500, "ErrorInternalServerError")] * 9
    account.graph.next(f"/messages/{segment(broken.immutable_id)}", *answers)
    account.put(3)
    for _ in range(3):
        account.poll()
    assert account.stored() == [mail(1), mail(3)]
    assert [row.outcome for row in account.sightings()] == ["pending", "failed", "pending"]
