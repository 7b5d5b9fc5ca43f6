"""Which tickets contain some words; both databases behind the same two functions."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from helpdesk.tenancy.state import required_organization_id
from ticketing.models import SearchDocument, Ticket
from ticketing.search_words import words_of

MAX_FOUND = 1000  # tickets, the newest first
MAX_WORDS = 12
MIN_PREFIX_CHARS = 3  # shorter words are found as they are; a prefix of two letters would read half the index
MAX_DOCUMENTS = 5000  # looked at on SQLite


def find_tickets(words: str, *, among: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Those of `among` that have every word in one of their messages: subject, people, text or file names.

    The beginning of a word is enough from three letters on. At most the MAX_FOUND newest tickets of the organization
    are considered; text without any word finds nothing. A whole number also finds the ticket of that number.
    """
    found = among.filter(id__in=_ids(words))
    number = words.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) <= 12:
        return found | among.filter(number=int(number))
    return found


def find_ticket_ids(words: str) -> list[int]:
    """The tickets, the newest first. Inside the caller's scope."""
    ids = _ids(words)
    return list(Ticket.objects.filter(id__in=ids).order_by("-id").values_list("id", flat=True))


def _ids(words: str) -> RawSQL | list[int]:
    wanted = _wanted(words)
    if not wanted:
        return []
    if connection.vendor == "postgresql":
        return RawSQL("SELECT * FROM public.ticketing_find_tickets(%s, %s)", [wanted, MAX_FOUND])
    return _find_on_sqlite(wanted)


def _wanted(words: str) -> list[str]:
    """The words; a star behind those of which the beginning is enough."""
    found = words_of(words[:500])[:MAX_WORDS]
    return [f"{word}*" if len(word) >= MIN_PREFIX_CHARS or not word.isascii() else word for word in found]


def _find_on_sqlite(wanted: list[str]) -> list[int]:
    query = " AND ".join(f'"{word.removesuffix("*")}"{"*" if word.endswith("*") else ""}' for word in wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id FROM ticketing_searchwords w JOIN ticketing_searchdocument d ON d.id = w.rowid"
            " WHERE w.body MATCH %s AND d.organization_id = %s ORDER BY w.rowid DESC LIMIT %s",
            [query, required_organization_id(), MAX_DOCUMENTS],
        )
        documents = [row[0] for row in cursor.fetchall()]
    tickets = SearchDocument.objects.filter(id__in=documents).order_by("-ticket_id").values_list("ticket_id", flat=True)
    return list(tickets.distinct()[:MAX_FOUND])
