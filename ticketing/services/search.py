"""Keeps what search finds of each message. The index itself is kept by the database from these rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from django.db import DatabaseError, transaction

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from ticketing.fields.search_terms import words_of_fields
from ticketing.fields.values import Value
from ticketing.models import KeptRemark, Message, SearchDocument, Ticket
from ticketing.search_words import MAX_TEXT_CHARS, words_of

logger = logging.getLogger(__name__)

AGAIN_AFTER = timedelta(minutes=10)
MAX_INDEX_BYTES = 1_000_000  # PostgreSQL's tsvector ends at 1 MB (1,048,575 bytes)
_MARK_BYTES = 21  # before each word there: the organization, with at most 19 digits
_MAX_CHAR_BYTES = 4
_LONG_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Document:
    """The words by which a message is found."""

    body: str
    is_capped: bool  # words after the first ones are missing


UNFOUND = Document("", is_capped=False)


def index_message(*, ticket_id: int, message_id: int, texts: Iterable[str]) -> None:
    """The message is found by the words of `texts`: subject, people, text, file names.

    Where only its beginning can be found, the message says so, and likewise where the index fails on it, which is tried
    again later. Inside the caller's transaction, which goes on in any case; once for each message.
    """
    found_by = document(texts)
    try:
        with transaction.atomic():
            SearchDocument.objects.create(ticket_id=ticket_id, message_id=message_id, body=found_by.body)
    except DatabaseError:
        logger.exception("search.not_indexed", extra={"message_id": message_id})
        Message.objects.filter(id=message_id).update(remarks=[{"code": KeptRemark.NOT_INDEXED.value}])
        seek_later(message_id)
        return
    if found_by.is_capped:
        Message.objects.filter(id=message_id).update(remarks=[{"code": KeptRemark.SEARCH_CAPPED.value}])


def seek_later(message_id: int) -> None:
    """The message, which says that search has not taken it, is tried again later. Inside the caller's transaction."""
    due_at = clock.now() + AGAIN_AFTER
    work.enqueue(WorkKind.INDEX, organization_id=required_organization_id(), row_id=message_id, due_at=due_at)


def reindex_message(*, message_id: int, texts: Iterable[str]) -> None:
    """The message is found by these words instead."""
    SearchDocument.objects.filter(message_id=message_id).update(body=document(texts).body)


def index_subject(*, ticket_id: int, subject: str) -> None:
    """The ticket is found by the words of its new subject, too, and still by those of its mails.

    They stand with its first message. Inside the caller's transaction.
    """
    documents = SearchDocument.objects.filter(ticket_id=ticket_id).exclude(message=None)
    first = documents.order_by("message_id").first()
    if first is not None:
        first.body = document([subject, first.body]).body
        first.save(update_fields=["body"])


def index_fields(tickets: Iterable[Ticket]) -> None:
    """The tickets are found by what their fields hold now. Two queries, in the caller's transaction."""
    wanted = list(tickets)
    SearchDocument.objects.filter(ticket__in=wanted, message=None).delete()
    found = ((ticket, field_document(ticket.fields)) for ticket in wanted)
    SearchDocument.objects.bulk_create(SearchDocument(ticket=ticket, body=body) for ticket, body in found if body)


def field_document(values: Mapping[str, Value]) -> str:
    """Under what a ticket with these values is found; "" for nothing."""
    return " ".join(words_of_fields(values))


def document(texts: Iterable[str]) -> Document:
    """The words, each once, as they are indexed; what an index cannot take any more is left out."""
    parts = _parts(texts)
    words = list(dict.fromkeys(word for part in _cut(parts) for word in words_of(part)))
    is_cut = sum(map(len, parts)) > MAX_TEXT_CHARS
    body = " ".join(words)
    if len(body) * _MAX_CHAR_BYTES + len(words) * _MARK_BYTES <= MAX_INDEX_BYTES:
        return Document(body, is_cut)
    sizes = accumulate(len(word.encode()) + _MARK_BYTES for word in words)
    kept = [word for word, size in zip(words, sizes, strict=True) if size <= MAX_INDEX_BYTES]
    return Document(" ".join(kept), is_cut or len(kept) < len(words))


def _parts(texts: Iterable[str]) -> list[str]:
    """The short texts in one; a long one stays by itself, since its words may be known."""
    every = list(texts)
    short = "\n".join(text for text in every if len(text) < _LONG_CHARS)
    return [short, *(text for text in every if len(text) >= _LONG_CHARS)]


def _cut(parts: Iterable[str]) -> Iterator[str]:
    """No more of them than is indexed."""
    left = MAX_TEXT_CHARS
    for part in parts:
        yield part[:left]
        left = max(left - len(part), 0)
