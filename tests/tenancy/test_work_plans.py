"""What a worker pays for looking, with thousands of items of which hardly one is due: idle mailboxes cost little."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.databases import OWNER_ALIAS
from helpdesk.tenancy.models import WorkItem, WorkKind

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="it is PostgreSQL's planner"),
]
ORGANIZATIONS, EACH = 100, 100
_CHOICE = re.compile(r"^SELECT .*|SELECT .* FOR UPDATE SKIP LOCKED")  # of a claim, what it chooses by
PAGES = 60  # of 8 kB: a walk over all items takes several hundred


@pytest.fixture
def idle(fernhollow: Any) -> list[int]:
    """10,000 items of 100 organizations, due within the minute to come and not now; gives the organizations."""
    made = Organization.objects.bulk_create(
        Organization(name=f"Idle {number}", slug=f"idle{number}") for number in range(ORGANIZATIONS)
    )
    moment = clock.now()
    WorkItem.objects.bulk_create(
        WorkItem(
            kind=WorkKind.POLL,
            organization=organization,
            row_id=number,
            due_at=moment + timedelta(seconds=600 + number),
            set_at=moment,
            succeeded_at=moment,
        )
        for organization in made
        for number in range(EACH)
    )
    owner = connection.settings_dict | {"USER": settings.DATABASES[OWNER_ALIAS]["USER"]}
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], dbname=owner["NAME"], user=owner["USER"], autocommit=True
    ) as session:
        session.execute("SET synchronous_commit = on")
        session.execute("CREATE TEMPORARY TABLE written ()")
        session.execute("VACUUM ANALYZE tenancy_workitem")
    return [organization.pk for organization in made]


def pages_of(ask: Callable[[], object]) -> int:
    """How many pages of the database the dearest of these queries touches."""
    with CaptureQueriesContext(connection) as asked:
        ask()
    statements = [found.group() for query in asked.captured_queries if (found := _CHOICE.search(query["sql"]))]
    assert statements
    with transaction.atomic(), connection.cursor() as cursor:
        return max(_pages(cursor, statement) for statement in statements)


def _pages(cursor: Any, statement: str) -> int:
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}")
    plan = "\n".join(line for (line,) in cursor.fetchall()).partition("Planning")[0]
    counted = re.search(r"Buffers:(?: shared)?(?: hit=(\d+))?(?: read=(\d+))?", plan)
    assert counted, plan
    return sum(int(number or 0) for number in counted.groups())


def test_a_look_that_finds_nothing_due_reads_few_pages(idle: list[int]) -> None:
    assert pages_of(lambda: work.claim_next(WorkKind.POLL, lease_s=60)) <= PAGES
    assert pages_of(lambda: work.due_count(WorkKind.POLL, limit=16)) <= PAGES


@pytest.mark.parametrize("after", [0, -1])
def test_the_one_item_that_is_due_is_found_in_few_pages(idle: list[int], after: int) -> None:
    due: QuerySet[WorkItem] = WorkItem.objects.filter(organization_id=idle[50], row_id=7)
    due.update(due_at=clock.now())
    after_organization_id = idle[after] if after else 0
    ask = lambda: work.claim_next(WorkKind.POLL, lease_s=60, after_organization_id=after_organization_id)  # noqa: E731  one line
    assert pages_of(ask) <= PAGES
    assert due.get().attempts == 1
