"""Keeps what search finds of each message. The index itself is kept by the database from these rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from ticketing.models import SearchDocument
from ticketing.search_words import words_of

MAX_INDEX_BYTES = 1_000_000  # PostgreSQL's tsvector ends at 1 MB (1,048,575 bytes)
_MARK_BYTES = 21  # before each word there: the organization, with at most 19 digits
_MAX_CHAR_BYTES = 4


def index_message(*, ticket_id: int, message_id: int, texts: Iterable[str]) -> None:
    """The message is found by the words of `texts`: subject, people, text, file names.

    Inside the caller's transaction; once for each message.
    """
    SearchDocument.objects.create(ticket_id=ticket_id, message_id=message_id, body=document(texts))


def reindex_message(*, message_id: int, texts: Iterable[str]) -> None:
    """The message is found by these words instead."""
    SearchDocument.objects.filter(message_id=message_id).update(body=document(texts))


def document(texts: Iterable[str]) -> str:
    """The words, each once, as they are indexed; what an index cannot take any more is left out."""
    words = words_of("\n".join(texts))
    kept = " ".join(words)
    if len(kept) * _MAX_CHAR_BYTES + len(words) * _MARK_BYTES <= MAX_INDEX_BYTES:
        return kept
    sizes = accumulate(len(word.encode()) + _MARK_BYTES for word in words)
    return " ".join(word for word, size in zip(words, sizes, strict=True) if size <= MAX_INDEX_BYTES)
