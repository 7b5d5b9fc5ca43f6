"""A batch that asks for many wake-ups of a kind sends few, the first at once and the last after everything."""

from __future__ import annotations

import pytest
from django.db import transaction

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, to be moved."""
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[WorkKind]:
    """The wake-ups that were sent; what is to happen after a commit happens at once."""
    sent: list[WorkKind] = []
    monkeypatch.setattr(drains, "_send", lambda kind, *, slots: sent.append(kind))
    monkeypatch.setattr(transaction, "on_commit", lambda then: then())
    return sent


def test_the_first_is_sent_at_once_and_one_for_the_others_at_the_end(now: list[float], sent: list[WorkKind]) -> None:
    with drains.gathering_wakes():
        drains.wake(WorkKind.ANSWER)
        assert sent == [WorkKind.ANSWER]
        drains.wake(WorkKind.ANSWER)
        drains.wake(WorkKind.ANSWER)
        drains.wake(WorkKind.FOLLOW)
        assert sent == [WorkKind.ANSWER, WorkKind.FOLLOW]
    assert sent == [WorkKind.ANSWER, WorkKind.FOLLOW, WorkKind.ANSWER]


def test_in_a_batch_that_takes_long_nobody_waits_for_its_end(now: list[float], sent: list[WorkKind]) -> None:
    with drains.gathering_wakes():
        drains.wake(WorkKind.ANSWER)
        now[0] += 1
        drains.wake(WorkKind.ANSWER)
        assert sent == [WorkKind.ANSWER] * 2
    assert sent == [WorkKind.ANSWER] * 2


def test_outside_of_a_batch_each_is_sent(now: list[float], sent: list[WorkKind]) -> None:
    drains.wake(WorkKind.ANSWER)
    drains.wake(WorkKind.ANSWER)
    assert sent == [WorkKind.ANSWER] * 2
