"""Keeps what search finds of each message. The index itself is kept by the database from these rows."""

from __future__ import annotations

from collections.abc import Iterable

from ticketing.models import SearchDocument
from ticketing.search_words import words_of

MAX_BODY_CHARS = 200_000  # PostgreSQL's tsvector ends at 1 MB


def index_message(*, ticket_id: int, message_id: int, texts: Iterable[str]) -> None:
    """The message is found by the words of `texts`: subject, people, text, file names.

    Inside the caller's transaction; once for each message.
    """
    SearchDocument.objects.create(ticket_id=ticket_id, message_id=message_id, body=document(texts))


def reindex_message(*, message_id: int, texts: Iterable[str]) -> None:
    """The message is found by these words instead."""
    SearchDocument.objects.filter(message_id=message_id).update(body=document(texts))


def document(texts: Iterable[str]) -> str:
    """The words, each once, as they are indexed; what goes beyond MAX_BODY_CHARS is left out."""
    kept = " ".join(words_of("\n".join(texts)))
    if len(kept) <= MAX_BODY_CHARS:
        return kept
    return kept[:MAX_BODY_CHARS].rpartition(" ")[0]
