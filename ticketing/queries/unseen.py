"""What was said on a ticket since a reader last looked: nobody answers over it without having read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from ticketing.models import EventKind, Message, MessageKind, ThreadReason, Ticket, TicketEvent

MAX_SHOWN = 20
_MAILS = (MessageKind.INBOUND, MessageKind.OUTBOUND)


@dataclass(frozen=True)
class Unseen:
    """Messages in the order they were to be read, at most MAX_SHOWN."""

    messages: tuple[Message, ...]  # with their authors
    position: int  # whoever reads these has seen everything up to here; 0 when there are none
    are_completed: bool  # the headers of all of them were on the screen, and only the rest is new


def unseen_mails(ticket: Ticket, *, seen_position: int) -> Unseen:
    """The mails that came or left after this position, and those of which only the headers stood there then."""
    positions = dict(islice(_positions(ticket, seen_position=seen_position, kinds=_MAILS).items(), MAX_SHOWN))
    found = Message.objects.select_related("author__user").in_bulk(list(positions)) if positions else {}
    messages = tuple(found[pk] for pk in positions if pk in found)
    return Unseen(
        messages=messages,
        position=max(positions.values(), default=0),
        are_completed=all(message.position <= seen_position for message in messages),
    )


def count_unseen(ticket: Ticket, *, seen_position: int) -> int:
    """How many mails and notes are new since this position, or whole since then."""
    return len(_positions(ticket, seen_position=seen_position))


def position_with(message: Message, *, seen_position: int) -> int:
    """How far a reader has seen the ticket who had seen it up to there and now sees this message as well.

    The same as before if other messages are unseen too: a position cannot leave one out.
    """
    positions = _positions(message.ticket, seen_position=seen_position)
    return positions[message.pk] if positions.keys() == {message.pk} else seen_position


def _positions(
    ticket: Ticket, *, seen_position: int, kinds: Collection[MessageKind] = tuple(MessageKind)
) -> dict[int, int]:
    """By message what is unseen, and the position that covers it, in the order of these. Two queries."""
    messages = Message.objects.filter(ticket=ticket, kind__in=kinds, position__gt=seen_position)
    messages = messages.exclude(thread_reason=ThreadReason.BY_ITSELF)  # says nothing that has to be read
    completed = TicketEvent.objects.filter(
        ticket=ticket, kind=EventKind.MESSAGE_COMPLETED, message__kind__in=kinds, position__gt=seen_position
    )
    found = dict(messages.values_list("pk", "position"))
    found.update((pk, position) for pk, position in completed.values_list("message_id", "position") if pk)
    return dict(sorted(found.items(), key=lambda item: item[1]))
