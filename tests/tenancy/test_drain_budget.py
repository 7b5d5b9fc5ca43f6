"""A wake-up takes its time budget and one item more, however slow the items are; the next one goes on behind it."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
KIND = WorkKind.NOTIFY


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The organizations whose items were handled, in order; each item takes four seconds."""
    now, served = [1000.0], []

    def slow(claim: work.Claim) -> None:
        now[0] += 4
        work.finish(claim)
        served.append(claim.organization_id)

    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(drains, "_drains", dict(drains._drains))
    drains.register_batched(KIND, handler_for=lambda _claims: slow, queue="default", lease_s=60.0, batch=10)
    return served


@pytest.mark.req("F10")
def test_what_is_left_of_a_batch_when_the_budget_is_spent_is_given_back_untried(
    fernhollow: Any, served: list[int]
) -> None:
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(1, 6))
    assert drains.drain_now(KIND, budget_s=5) == 2
    assert list(WorkItem.objects.values_list("attempts", "leased_until")) == [(0, None)] * 3


def test_a_backlog_that_takes_every_budget_keeps_no_other_organization_waiting(
    fernhollow: Any, otherco: Any, served: list[int]
) -> None:
    for loud in (fernhollow, otherco):
        work.enqueue_many(KIND, organization_id=loud.id, row_ids=range(1, 20))
    for _wake_up in range(2):
        drains.drain_now(KIND, budget_s=5)
    assert set(served) == {fernhollow.id, otherco.id}
