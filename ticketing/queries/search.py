"""Which tickets contain some words; both databases behind the same functions."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.prepared import Prepared
from helpdesk.tenancy.state import required_organization_id
from helpdesk.web.pagination import PAGE_SIZE, Page, first_page, paginate
from ticketing.fields.search_terms import Asked, names_fields, parted
from ticketing.models import SearchDocument, Ticket
from ticketing.queries.fields import active_fields
from ticketing.queries.tickets import LIST_ORDER, View, tickets_in
from ticketing.search_words import words_of

MAX_FOUND = 1000  # tickets, the newest first
MAX_WORDS = 12
MIN_PREFIX_CHARS = 3  # shorter words are found as they are; a prefix of two letters would read half the index
MAX_WITH_VALUE = 10_000
MAX_DOCUMENTS = 5000  # looked at on SQLite


def page_found(words: str, *, view: View, actor: Membership, cursor: str = "") -> Page[Ticket]:
    """A page of what `find_tickets` finds in the view, the newest first, as `tickets_in` loads them."""
    wanted = _wanted(words)
    if cursor or not wanted or connection.vendor != "postgresql" or names_fields(words):
        found = find_tickets(words, among=tickets_in(view, actor=actor))
        return paginate(found, order_by=LIST_ORDER, cursor=cursor)
    return first_page(_FOUND.rows(view, actor=actor, wanted=wanted, number=_number(words)), order_by=LIST_ORDER)


def find_tickets(words: str, *, among: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """Those of `among` that have every word in one of their messages: subject, people, text or file names.

    The beginning of a word is enough from three letters on. At most the MAX_FOUND newest tickets of the organization
    are considered; text without any word finds nothing. A whole number also finds the ticket of that number.
    `name:value` finds those that have the value in the field of this name, among the MAX_WITH_VALUE newest.
    """
    asked = parted(words, fields=active_fields()) if names_fields(words) else Asked(words)
    if asked.terms:
        among = among.filter(id__in=_with_values(asked.terms))
        return _found(among, ids=_ids(asked.words), number=None) if asked.words else among
    return _found(among, ids=_ids(words), number=_number(words))


def find_ticket_ids(words: str) -> list[int]:
    """The tickets, the newest first. Inside the caller's scope."""
    ids = _ids(words)
    return list(Ticket.objects.filter(id__in=ids).order_by("-id").values_list("id", flat=True))


def _ids(words: str) -> RawSQL | list[int]:
    wanted = _wanted(words)
    if not wanted:
        return []
    return _find_on_postgresql(wanted) if connection.vendor == "postgresql" else _find_on_sqlite(wanted)


def _found(among: QuerySet[Ticket], *, ids: RawSQL | list[int], number: int | None) -> QuerySet[Ticket]:
    found = among.filter(id__in=ids)
    return found if number is None else found | among.filter(number=number)


def _number(words: str) -> int | None:
    """The number of a ticket, if the words are nothing else."""
    number = words.strip().removeprefix("#")
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 12 else None


def _wanted(words: str) -> list[str]:
    """The words; a star behind those of which the beginning is enough."""
    found = words_of(words[:500])[:MAX_WORDS]
    return [f"{word}*" if len(word) >= MIN_PREFIX_CHARS or not word.isascii() else word for word in found]


def _with_values(terms: Sequence[str]) -> RawSQL | list[int]:
    """The tickets whose fields have all of these words."""
    wanted = terms[:MAX_WORDS]
    if connection.vendor == "postgresql":
        # Asked beforehand: a join expects few rows of the function, and would hold each ticket against all of these.
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM public.ticketing_find_tickets(%s::text[], %s)", [list(wanted), MAX_WITH_VALUE]
            )
            return [row[0] for row in cursor.fetchall()]
    documents = "SELECT d.ticket_id FROM ticketing_searchwords w JOIN ticketing_searchdocument d ON d.id = w.rowid"
    conditions = " WHERE w.body MATCH %s AND d.organization_id = %s ORDER BY w.rowid DESC LIMIT %s"
    values = [_match(wanted), required_organization_id(), MAX_WITH_VALUE]
    return RawSQL(documents + conditions, values)  # noqa: S611  every value is a parameter


def _find_on_postgresql(wanted: Sequence[str]) -> RawSQL:
    marks = ", ".join(["%s"] * len(wanted))
    call = f"SELECT * FROM public.ticketing_find_tickets(ARRAY[{marks}]::text[], {MAX_FOUND})"  # noqa: S608  ours
    return RawSQL(call, list(wanted))  # noqa: S611  every word is a parameter


def _match(wanted: Sequence[str]) -> str:
    return " AND ".join(f'"{word.removesuffix("*")}"{"*" if word.endswith("*") else ""}' for word in wanted)


def _find_on_sqlite(wanted: list[str]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id FROM ticketing_searchwords w JOIN ticketing_searchdocument d ON d.id = w.rowid"
            " WHERE w.body MATCH %s AND d.organization_id = %s ORDER BY w.rowid DESC LIMIT %s",
            [_match(wanted), required_organization_id(), MAX_DOCUMENTS],
        )
        documents = [row[0] for row in cursor.fetchall()]
    tickets = SearchDocument.objects.filter(id__in=documents).order_by("-ticket_id").values_list("ticket_id", flat=True)
    return list(tickets.distinct()[:MAX_FOUND])


def _newest_found(view: View, *, actor: Membership, wanted: Sequence[str], number: int | None) -> QuerySet[Ticket]:
    found = _found(tickets_in(view, actor=actor), ids=_find_on_postgresql(wanted), number=number)
    return found.order_by(*LIST_ORDER)[: PAGE_SIZE + 1]


_FOUND: Prepared[Ticket] = Prepared(_newest_found, spreads_lists=True)
