"""What part of a process's threads an organization gets."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from helpdesk import celery
from helpdesk.tenancy import choosing, shares, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.shares import Threads

KIND = WorkKind.POLL


@pytest.fixture
def sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of 16 threads of which one organization takes 12."""
    monkeypatch.setattr(shares, "_threads", Threads(16, percent=75))
    monkeypatch.setattr(choosing, "_alone", {})


def taken(threads: Threads, *, organizations: int) -> list[int]:
    """How many threads each gets, if all of them want as many as there are and ask in turn."""
    got: Counter[int] = Counter()
    for number in range(100):
        wanting = number % organizations
        if got.total() < 16 and threads.begin(wanting):
            got[wanting] += 1
    return [got[number] for number in range(organizations)]


@pytest.mark.parametrize(
    ("percent", "organizations", "each"),
    [(75, 1, [12]), (75, 2, [7, 6]), (75, 5, [3] * 5), (50, 1, [8]), (100, 1, [16]), (100, 2, [8, 8]), (1, 1, [1])],
)
def test_the_last_free_thread_is_for_whoever_has_none(percent: float, organizations: int, each: list[int]) -> None:
    assert taken(Threads(16, percent=percent), organizations=organizations) == each


def test_nobody_is_held_back_where_threads_are_not_counted() -> None:
    assert taken(Threads(), organizations=1) == [16]


def test_a_thread_that_is_done_is_free_again() -> None:
    threads = Threads(2, percent=75)
    assert [threads.begin(1), threads.begin(1)] == [True, False]
    threads.end(1)
    assert threads.begin(1)


@pytest.mark.parametrize(("pool", "gets_second"), [("threads", False), ("prefork", True)])
def test_a_worker_of_threads_shares_them_out(
    pool: str, gets_second: bool, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(shares, "_threads", Threads())
    settings.ORGANIZATION_SHARE_PERCENT = 50
    celery.share_threads(SimpleNamespace(pool_cls=pool, concurrency=2))
    assert [shares.threads().begin(1), shares.threads().begin(1)] == [True, gets_second]


def busy_with(serving: ExitStack, *, threads: int) -> list[int]:
    """So many threads took what is next and are not done; gives the organizations they work for."""
    found = [
        serving.enter_context(choosing.chosen(KIND, lease_s=60, batch=1, row_ids=None)) for _number in range(threads)
    ]
    return [claims[0].organization_id for claims in found if claims]


@pytest.mark.django_db
@pytest.mark.both
def test_an_organization_that_has_its_share_waits_and_one_that_has_none_does_not(
    sixteen: None, fernhollow: Any, otherco: Any
) -> None:
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(40))
    with ExitStack() as serving:
        assert busy_with(serving, threads=3) == [fernhollow.id] * 3
        work.enqueue(KIND, organization_id=otherco.id, row_id=1)
        assert busy_with(serving, threads=11) == [otherco.id] + [fernhollow.id] * 8
        assert work.due_count(KIND, limit=1, none_of=choosing.held_back()) == 0
        work.enqueue(KIND, organization_id=otherco.id, row_id=2)
        assert busy_with(serving, threads=2) == [otherco.id]


@pytest.mark.django_db
@pytest.mark.both
def test_an_organization_that_is_alone_has_every_thread(sixteen: None, fernhollow: Any) -> None:
    work.enqueue_many(KIND, organization_id=fernhollow.id, row_ids=range(40))
    with ExitStack() as serving:
        assert busy_with(serving, threads=16) == [fernhollow.id] * 16
