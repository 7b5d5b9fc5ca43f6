"""What the folder shows is in the ledger, and no message comes down twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.req("F29", "S1.15")
def test_nothing_is_downloaded_twice(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    fake.source.put(mail(2))
    assert fake.poll().listed == 1
    assert fake.source.fetched == ["1", "2"]


@pytest.mark.req("F29")
def test_an_unchanged_folder_is_not_listed(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.poll()
    before = fake.source.listings
    fake.poll()
    assert fake.source.listings == before


def test_an_idle_poll_writes_only_its_lease(fake: Any) -> None:
    fake.connect()
    fake.poll()
    fake.poll()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        fake.poll()
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert all("tenancy_workitem" in sql for sql in written)


@pytest.mark.req("F37")
def test_a_number_that_appears_late_is_imported(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1), number=10)
    fake.poll()
    fake.source.put(mail(2), number=9)
    assert fake.poll().stored == 1


@pytest.mark.req("S5.80", "F55", "F35")
def test_reconciliation_finds_what_the_window_behind_the_cursor_misses(fake: Any, settings: Any) -> None:
    fake.connect()
    fake.source.put(mail(1), number=5000)
    fake.poll()
    fake.source.put(mail(2), number=7)
    assert fake.poll().stored == 0
    settings.RECONCILE_S = 0
    assert fake.poll().stored == 1


@pytest.mark.req("S5.80")
def test_reconciliation_lists_nothing_while_the_folder_stands_still(fake: Any, settings: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    settings.RECONCILE_S = 0
    fake.poll()
    fake.poll()
    before = fake.source.listings
    fake.poll()
    assert fake.source.listings == before
