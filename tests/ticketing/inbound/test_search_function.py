"""On PostgreSQL search reads its index through one function, past the policies but not past the organization."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail, receive

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.servers,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the function is PostgreSQL's"),
]
FIND = "SELECT * FROM ticketing_find_tickets(%s, 10)"


@pytest.fixture
def lamp(support: Any) -> int:
    """The id of a ticket about a lamp."""
    (seen,) = receive(support, make_mail(subject="lamp"))
    assert seen.ticket_id is not None
    return seen.ticket_id


def test_the_function_runs_as_the_owner_under_a_fixed_path() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE proname = 'ticketing_find_tickets'")
        assert cursor.fetchone() == (True, ["search_path=pg_catalog, pg_temp"])


@pytest.mark.parametrize("word", ["lamp", "lamp*", "x' | 'o{id}olamp", "\\' | 'o{id}olamp*"])
def test_no_word_reaches_another_organization(lamp: int, otherco: Any, fernhollow: Any, word: str) -> None:
    with organization_scope(otherco.id), connection.cursor() as cursor:
        cursor.execute(FIND, [[word.format(id=fernhollow.id)]])
        assert cursor.fetchall() == []


def test_the_words_of_the_own_organization_are_found(lamp: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [["lam*"]])
        assert cursor.fetchall() == [(lamp,)]
