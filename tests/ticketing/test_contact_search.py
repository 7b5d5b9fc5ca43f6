"""Contacts are found by any part of them, on PostgreSQL by an index: past the policies, not past the organization."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from helpdesk.tenancy.databases import OWNER_ALIAS
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_contact
from ticketing.models import Contact
from ticketing.queries import contact_list
from ticketing.queries.contact_list import ContactFilter, contacts_page

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="the function is PostgreSQL's")
PEOPLE = {
    "Anna O'Hara": "anna@work.test",
    "Jürgen 50%_\\": "juergen@home.test",
    "": "x.y+z@work.test",
    "Li": "li@q.test",
}


@pytest.fixture
def contacts(fernhollow: Any, otherco: Any) -> dict[str, Contact]:
    """Of fernhollow by name, and the same people at another organization."""
    made = {}
    for organization in (otherco, fernhollow):
        with organization_scope(organization.id):
            made = {name: make_contact(name, address) for name, address in PEOPLE.items()}
    return made


def found(words: str) -> list[str]:
    return sorted(contact.name for contact in contacts_page(ContactFilter(words=words)).rows)


@pytest.mark.both
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ANNA", ["Anna O'Hara"]),
        ("o'h", ["Anna O'Hara"]),
        ("hara work", ["Anna O'Hara"]),
        ("hara home", []),
        ("%_\\", ["Jürgen 50%_\\"]),
        ("___", []),
        ("jür", ["Jürgen 50%_\\"]),
        ("work.test", ["", "Anna O'Hara"]),
        ("y+z", [""]),
        ("li", ["Li"]),
    ],
)
def test_contacts_are_found_by_any_part_of_name_or_address(
    contacts: Any, fernhollow: Any, words: str, expected: list[str]
) -> None:
    with organization_scope(fernhollow.id):
        assert found(words) == expected


@on_postgresql
def test_where_many_are_likely_they_are_read(contacts: Any, fernhollow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_list, "MANY", 2)
    with organization_scope(fernhollow.id):
        assert found("work.test") == ["", "Anna O'Hara"]
        assert found("hara work") == ["Anna O'Hara"]


@on_postgresql
def test_the_function_runs_as_the_owner_under_a_fixed_path_and_for_one_organization(
    contacts: Any, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id), connection.cursor() as cursor:
        cursor.execute("SELECT prosecdef, proconfig FROM pg_proc WHERE proname = 'ticketing_find_contacts'")
        assert cursor.fetchone() == (True, ["search_path=pg_catalog, pg_temp"])
        cursor.execute("SELECT * FROM ticketing_find_contacts(ARRAY['anna'], 10)")
        assert cursor.fetchall() == [(contacts["Anna O'Hara"].id,)]


@on_postgresql
@pytest.mark.parametrize(
    ("table", "column", "index"),
    [
        ("ticketing_contact", "name", "contact_name_parts"),
        ("ticketing_contactaddress", "address", "contact_address_parts"),
    ],
)
def test_what_it_asks_is_what_the_indexes_hold(table: str, column: str, index: str) -> None:
    alias = "c" if column == "name" else "a"
    condition = f"public.ticketing_text_parts({alias}.organization_id, {alias}.{column}::text) @> "
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'ticketing_find_contacts'")
        assert condition in cursor.fetchone()[0]
    owner = connection.settings_dict | {"USER": settings.DATABASES[OWNER_ALIAS]["USER"]}
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], dbname=owner["NAME"], user=owner["USER"], autocommit=True
    ) as session:
        session.execute("SET enable_seqscan = off")
        asked = f"EXPLAIN SELECT 1 FROM {table} {alias} WHERE {condition} ARRAY['o1oann']"
        plan = "\n".join(line for (line,) in session.execute(asked))
    assert index in plan
