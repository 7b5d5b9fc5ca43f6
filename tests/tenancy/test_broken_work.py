"""A handler that breaks: its item says why and waits, and everything else goes on."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
KIND = WorkKind.NOTIFY


class Handler:
    """Breaks at the rows it is told to, in a transaction of its own; finishes the others."""

    def __init__(self) -> None:
        self.breaks_at: set[int] = set()
        self.done: list[int] = []

    def __call__(self, claim: work.Claim) -> None:
        with transaction.atomic():
            work.finish(claim)
            if claim.row_id in self.breaks_at:
                raise KeyError("anna@customer.test")
        self.done.append(claim.row_id)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    handler = Handler()
    monkeypatch.setattr(drains, "_drains", dict(drains._drains))
    drains.register(KIND, handler=handler, queue="default", lease_s=60.0, slots=1)
    return handler


def drain_at(moment: Any) -> WorkItem:
    """What the broken item says after it was tried at this moment."""
    with clock.held_at(moment):
        drains.drain_now(KIND)
    return WorkItem.objects.get()


def test_one_broken_item_never_stops_the_others(handler: Handler, fernhollow: Any, otherco: Any) -> None:
    handler.breaks_at = {1}
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=[1, 2])
    work.enqueue(KIND, organization_id=otherco.id, row_id=3)
    assert drains.drain_now(KIND) == 3
    assert sorted(handler.done) == [2, 3]
    assert WorkItem.objects.get().row_id == 1


def test_a_broken_item_says_what_broke_since_when_and_how_often(
    handler: Handler, fernhollow: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler.breaks_at = {1}
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    first = clock.now()
    with caplog.at_level(logging.ERROR, logger="helpdesk.tenancy.drains"):
        drain_at(first)
        item = drain_at(first + timedelta(minutes=2))
    assert (item.broke_times, item.broke_since, item.leased_until) == (2, first, None)
    assert item.broke_cause.startswith("KeyError in tests/tenancy/test_broken_work.py:")
    assert [record.message for record in caplog.records] == ["work.broke", "work.broke"]


def test_the_pauses_of_a_broken_item_grow_to_an_hour(handler: Handler, fernhollow: Any) -> None:
    handler.breaks_at = {1}
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    moment, pauses = clock.now(), []
    for _ in range(5):
        item = drain_at(moment)
        pauses.append((item.due_at - moment).total_seconds())
        moment = item.due_at
    assert pauses == [60, 300, 900, 3600, 3600]


def test_a_broken_item_that_works_again_says_nothing_more(handler: Handler, fernhollow: Any) -> None:
    handler.breaks_at = {1}
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    drains.drain_now(KIND)
    with clock.held_at(clock.in_seconds(61)):
        claim = work.claim_next(KIND, lease_s=60)
        assert claim is not None
        work.reschedule(claim, due_at=clock.now(), succeeded=False)
    item = WorkItem.objects.get()
    assert (item.broke_times, item.broke_since, item.broke_cause) == (0, None, "")


def test_who_lost_the_item_notes_nothing_on_it(fernhollow: Any) -> None:
    work.enqueue(KIND, organization_id=fernhollow.id, row_id=1)
    first = work.claim_next(KIND, lease_s=60)
    assert first is not None
    with clock.held_at(clock.in_seconds(61)):
        work.claim_next(KIND, lease_s=60)
    with pytest.raises(work.LeaseLost):
        work.note_broken(first, cause="KeyError")
    assert WorkItem.objects.get().broke_times == 0
