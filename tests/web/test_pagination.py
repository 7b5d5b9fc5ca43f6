"""Keyset pages: forward and back visit every row once, whatever the cursor text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.accounts.models import User
from helpdesk.web.counts import BoundedCount, bounded_count, bounded_counts
from helpdesk.web.pagination import MAX_CURSOR_LENGTH, paginate

pytestmark = pytest.mark.django_db
ORDER = ("-date_joined", "name", "-id")
START = datetime(2026, 3, 18, 8, 41, 0, 123456, tzinfo=UTC)
DATABASE_SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def make_users(keys: list[tuple[int, str]]) -> list[int]:
    """Users with these days and names; their ids in ORDER."""
    User.objects.all().delete()
    for number, (day, name) in enumerate(keys):
        joined = START + timedelta(days=day, microseconds=number % 2)
        User.objects.create(email=f"u{number}@example.test", name=name, date_joined=joined)
        User.objects.filter(email=f"u{number}@example.test").update(date_joined=joined)
    return list(User.objects.order_by(*ORDER).values_list("id", flat=True))


def walk(cursor: str, *, size: int, direction: Callable[[Any], str]) -> list[list[int]]:
    """The ids of every page from the cursor on."""
    pages = []
    while True:
        page = paginate(User.objects.all(), order_by=ORDER, cursor=cursor, page_size=size)
        pages.append([user.id for user in page.rows])
        cursor = direction(page)
        if not cursor:
            return pages


@DATABASE_SETTINGS
@given(keys=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), max_size=12), size=st.integers(1, 5))
def test_going_forward_shows_every_row_once_in_order(keys: list[tuple[int, str]], size: int) -> None:
    ids = make_users(keys)
    pages = walk("", size=size, direction=lambda page: page.next)
    assert [each for page in pages for each in page] == ids
    assert all(len(page) == size for page in pages[:-1])


@DATABASE_SETTINGS
@given(keys=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("abc")), min_size=6, max_size=12))
def test_going_back_ends_on_a_full_first_page(keys: list[tuple[int, str]]) -> None:
    ids = make_users(keys)
    size = 2
    second = paginate(User.objects.all(), order_by=ORDER, page_size=size).next
    third = paginate(User.objects.all(), order_by=ORDER, cursor=second, page_size=size).next
    back = walk(third, size=size, direction=lambda page: page.previous)
    assert [each for page in back[::-1] for each in page] == ids[:6]


def test_a_row_that_arrives_in_between_moves_nothing() -> None:
    ids = make_users([(1, "a"), (1, "b"), (1, "c"), (1, "d")])
    first = paginate(User.objects.all(), order_by=ORDER, page_size=2)
    User.objects.create(email="new@example.test", name="new")
    User.objects.filter(email="new@example.test").update(date_joined=START + timedelta(days=9))
    second = paginate(User.objects.all(), order_by=ORDER, cursor=first.next, page_size=2)
    assert [user.id for user in second.rows] == ids[2:]


@DATABASE_SETTINGS
@given(cursor=st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda data: data.decode("latin-1"))))
def test_garbage_is_the_first_page(cursor: str) -> None:
    ids = make_users([(1, "a"), (2, "b")])
    assert [user.id for user in paginate(User.objects.all(), order_by=ORDER, cursor=cursor).rows] == ids


@pytest.mark.parametrize(
    "decoded",
    [
        b"[]",
        b"null",
        b'["f"]',
        b'["f",1,2,3]',
        b'["f","2026-03-18T08:41:00Z","a\\u0000",1]',
        b'["f","2026-03-18T08:41:00Z","\\ud800",1]',
        b'["f","2026-03-18T08:41:00","a",1]',
        b'["f","0001-01-01T00:00:00+14:00","a",1]',
        b'["f","2026-03-18T08:41:00Z","a",99999999999999999999999]',
        b'["f","2026-03-18T08:41:00Z","a","x"]',
        b'["f","2026-03-18T08:41:00Z",{"a":1},1]',
        b'["x","2026-03-18T08:41:00Z","a",1]',
        b"[" * 400,
    ],
)
def test_a_forged_cursor_is_the_first_page(decoded: bytes) -> None:
    import base64

    ids = make_users([(1, "a"), (2, "b")])
    cursor = base64.urlsafe_b64encode(decoded).decode().rstrip("=")
    assert len(cursor) < MAX_CURSOR_LENGTH
    assert [user.id for user in paginate(User.objects.all(), order_by=ORDER, cursor=cursor).rows] == ids


def test_a_page_is_one_query_and_counts_nothing(django_assert_num_queries: Any) -> None:
    make_users([(1, "a"), (1, "b"), (1, "c")])
    with django_assert_num_queries(1) as queries:
        paginate(User.objects.all(), order_by=ORDER, page_size=2)
    assert "COUNT" not in queries[0]["sql"]


def test_an_empty_list_has_no_further_pages() -> None:
    page = paginate(User.objects.none(), order_by=ORDER)
    assert (page.rows, page.next, page.previous) == ([], "", "")


@pytest.mark.parametrize(("rows", "shown"), [(0, "0"), (2, "2"), (3, "2+"), (5, "2+")])
def test_counts_stop_at_their_limit(rows: int, shown: str) -> None:
    make_users([(1, "a")] * rows)
    count = bounded_count(User.objects.order_by("name"), limit=3)
    assert str(count) == shown
    assert bool(count) is bool(rows)


def test_several_counts_are_one_query(django_assert_num_queries: Any) -> None:
    make_users([(1, "a"), (1, "b"), (2, "b")])
    users = User.objects.order_by("name")
    with django_assert_num_queries(1):
        counts = bounded_counts([users.filter(name="b"), users.none(), users, users.filter(name="%s")], limit=3)
    assert [str(count) for count in counts] == ["2", "0", "2+", "0"]


def test_counts_of_what_cannot_have_rows_ask_nobody(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert [count.number for count in bounded_counts([User.objects.none()])] == [0]


def test_the_ordinary_limit_says_999() -> None:
    assert str(BoundedCount(number=1000)) == "999+"
    assert str(BoundedCount(number=999)) == "999"
