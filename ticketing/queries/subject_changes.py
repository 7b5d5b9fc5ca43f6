"""Mails that answer an old thread about something new, as far as their subjects show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ticketing.mail.subjects import bare_subject
from ticketing.models import Message, MessageKind, ThreadReason

# A person, or the mail itself, has said that it belongs here whatever its subject.
_SETTLED = frozenset(
    {
        ThreadReason.NEW,
        ThreadReason.FOLLOWS_CLOSED,
        ThreadReason.SPLIT_OFF,
        ThreadReason.JOINED,
        ThreadReason.BROUGHT_IN,
    }
)


def with_other_subject(messages: Sequence[Message], *, subject: str) -> frozenset[int]:
    """The ids of those of a ticket's messages, in order, whose subject is like none before.

    subject: the ticket's. Only what customers wrote and nobody has answered since: an answer has taken it as it is.
    """
    known = [_plain(subject)]
    found: list[int] = []
    for message in messages:
        if message.kind == MessageKind.OUTBOUND:
            found.clear()
        plain = _plain(message.subject)
        if _may_change(message) and plain and not _is_like(plain, known):
            found.append(message.pk)
        known.append(plain)
    return frozenset(found)


def _may_change(message: Message) -> bool:
    return message.kind == MessageKind.INBOUND and not message.is_automatic and message.thread_reason not in _SETTLED


def _plain(subject: str) -> str:
    return " ".join(bare_subject(subject).casefold().split())


def _is_like(plain: str, known: Iterable[str]) -> bool:
    """Servers put words before a subject, and programs cut its end."""
    return any(each and (each in plain or plain in each) for each in known)
