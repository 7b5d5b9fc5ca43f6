"""Due work: fair claims, leases with fencing, attempts counted before the attempt, clocks that step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind

pytestmark = [pytest.mark.django_db, pytest.mark.both]
KIND = WorkKind.PROCESS


@pytest.fixture
def item(fernhollow: Any) -> Any:
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    return fernhollow


def claim(**options: Any) -> work.Claim:
    found = work.claim_next(KIND, lease_s=60, **options)
    assert found is not None
    return found


def test_a_claimed_item_is_claimed_by_nobody_else(item: Any) -> None:
    claim()
    assert work.claim_next(KIND, lease_s=60) is None


def test_a_claim_counts_the_attempt_before_it_is_made(item: Any) -> None:
    claim()
    assert WorkItem.objects.get().attempts == 1


def test_a_lease_that_ran_out_is_claimed_again_under_a_new_generation(item: Any) -> None:
    first = claim()
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        second = claim()
    assert (second.generation, second.attempts) == (first.generation + 1, 2)


def test_a_worker_past_its_lease_finishes_nothing(item: Any) -> None:
    first = claim()
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        claim()
        with pytest.raises(work.LeaseLost):
            work.finish(first)
    assert WorkItem.objects.count() == 1


def test_a_heartbeat_renews_only_a_lease_that_still_runs(item: Any) -> None:
    first = claim()
    with clock.held_at(clock.now() + timedelta(seconds=61)), pytest.raises(work.LeaseLost):
        work.still_ours(first, lease_s=60)


def test_a_heartbeat_makes_the_lease_longer(item: Any) -> None:
    first = claim()
    work.still_ours(first, lease_s=600)
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        assert work.claim_next(KIND, lease_s=60) is None


def test_success_clears_the_attempts(item: Any) -> None:
    first = claim()
    work.reschedule(first, due_at=clock.in_seconds(60), succeeded=True)
    row = WorkItem.objects.get()
    assert (row.attempts, row.leased_until) == (0, None)
    assert row.succeeded_at is not None


def test_failure_keeps_the_attempts(item: Any) -> None:
    work.reschedule(claim(), due_at=clock.in_seconds(60), succeeded=False)
    assert WorkItem.objects.get().attempts == 1


def test_who_asks_while_it_is_worked_on_gets_another_pass(item: Any) -> None:
    first = claim()
    work.ask_now(KIND, organization_id=item.id, row_id=1)
    work.still_ours(first, lease_s=60)
    assert work.claim_next(KIND, lease_s=60) is None
    work.reschedule(first, due_at=clock.in_seconds(3600), succeeded=True)
    assert work.claim_next(KIND, lease_s=60) is not None


def test_enqueueing_twice_keeps_one_item_and_the_earlier_time(fernhollow: Any) -> None:
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1, due_at=clock.in_seconds(600))
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    assert WorkItem.objects.get().due_at <= clock.now()
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1, due_at=clock.in_seconds(900))
    assert WorkItem.objects.get().due_at <= clock.now()


def test_a_backlog_of_one_organization_does_not_starve_another(fernhollow: Any, otherco: Any) -> None:
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(1, 200))
    work.enqueue(KIND, organization_id=otherco.id, row_id=1)
    first = claim()
    second = claim(after_organization_id=first.organization_id)
    assert {first.organization_id, second.organization_id} == {fernhollow.id, otherco.id}


def test_work_set_before_the_clock_stepped_back_is_still_due(fernhollow: Any) -> None:
    with clock.held_at(clock.now() + timedelta(hours=2)):
        work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    assert work.claim_next(KIND, lease_s=60) is not None


def test_a_lease_set_before_the_clock_stepped_back_is_void(item: Any) -> None:
    with clock.held_at(clock.now() + timedelta(hours=2)):
        claim()
    assert work.claim_next(KIND, lease_s=60) is not None


def test_a_batch_leaves_out_what_failed_once(fernhollow: Any) -> None:
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(1, 5))
    work.reschedule(claim(row_ids=[1]), due_at=clock.now(), succeeded=False)
    assert {c.row_id for c in work.claim_batch(KIND, lease_s=60, limit=10)} == {2, 3, 4}


def test_what_was_claimed_but_not_begun_is_due_again_and_counts_no_attempt(fernhollow: Any) -> None:
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(1, 4))
    claims = work.claim_batch(KIND, lease_s=60, limit=10)
    work.give_back(claims[1:])
    assert {c.row_id for c in work.claim_batch(KIND, lease_s=60, limit=10)} == {2, 3}
