"""A wake-up takes its time budget and one item more, however slow the items of a batch are."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
KIND = WorkKind.NOTIFY


@pytest.mark.req("F10")
def test_what_is_left_of_a_batch_when_the_budget_is_spent_is_given_back_untried(
    fernhollow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]

    def slow(claim: work.Claim) -> None:
        now[0] += 4
        work.finish(claim)

    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    monkeypatch.setattr(drains, "_drains", dict(drains._drains))
    drains.register_batched(KIND, handler_for=lambda _claims: slow, queue="default", lease_s=60.0, batch=10)
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(1, 6))
    assert drains.drain_now(KIND, budget_s=5) == 2
    assert list(WorkItem.objects.values_list("attempts", "leased_until")) == [(0, None)] * 3
