"""What a message of the thread shows: who wrote to whom, its body, how it is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from django import template
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from mailboxes.models import DeliveryState
from mailboxes.outbox_words import reason_words
from ticketing.models import Message, MessageKind
from ticketing.models.message import ADDED
from ticketing.queries.bodies import Body, body_of
from ticketing.queries.delivery import AnswerDelivery
from ticketing.queries.thread import MessageEntry
from ticketing.remark_words import message_remarks
from ticketing.thread_words import claimed_apart, matched_header
from ticketing.trust_words import sender_badges, sender_facts

register = template.Library()
register.filter(message_remarks)
register.filter(sender_badges)
register.filter(sender_facts)
register.filter(matched_header)
register.filter(claimed_apart)

MAX_NAMED = 4  # people in the line of a message; the tooltip has them all
_GOES_ON = (DeliveryState.QUEUED, DeliveryState.SENDING)
_ASK_AGAIN_S = 3


@dataclass(frozen=True)
class Progress:
    """A delivery as the thread shows it."""

    delivery: AnswerDelivery
    state: str
    undo_s: int  # seconds left to take it back, 0: none
    ask_again_s: int  # the browser asks again after so many seconds; 0: nothing more happens by itself
    reason: str  # why it did not go out, as a sentence; "" where the server's words are all there is
    said: str  # the server's words


@register.simple_tag
def message_body(entry: MessageEntry, shows_remote: bool = False) -> Body:  # noqa: FBT001, FBT002  (a template's word)
    """The message's text; with remote images through our proxy if asked for."""
    return body_of(entry.message, files=[*entry.inline, *entry.files], shows_remote=shows_remote)


@register.simple_tag
def message_writer(message: Message) -> str:
    """Who wrote it: a member or a program by name, somebody outside as the mail says."""
    if message.author is not None:
        return str(message.author)
    if message.integration is not None and message.kind != MessageKind.INBOUND:
        return str(message.integration)
    return message.from_name or message.from_address or _("Unknown sender")


@register.simple_tag
def message_people(message: Message, everybody: bool = False) -> str:  # noqa: FBT001, FBT002  (a template's word)
    """To whom it went: "to Amara Okoye, cc Joel Brandt". everybody: with addresses and without an end."""
    lines: list[str] = []
    for header, words in (("to", _("to")), ("cc", _("cc")), ("bcc", _("bcc")), (ADDED, _("answers also to"))):
        rows = [row for row in message.recipients.all() if row.header == header]
        if rows:
            shown = rows if everybody else rows[:MAX_NAMED]
            people = [_person(row.name, row.address, with_address=everybody) for row in shown]
            more = [_("%d more") % (len(rows) - len(shown))] if len(rows) > len(shown) else []
            lines.append(f"{words} {', '.join(people + more)}")
    return ", ".join(lines)


@register.simple_tag
def message_progress(
    deliveries: Mapping[int, AnswerDelivery], message: Message, membership: Membership | None = None
) -> Progress | None:
    """How it is delivered; None for what does not leave the house."""
    found = deliveries.get(message.pk) if message.kind == MessageKind.OUTBOUND else None
    if found is None:
        return None
    now = clock.now()
    is_own = membership is not None and message.author_id == membership.pk
    undo_s = ceil((found.outbox.send_after - now).total_seconds()) if is_own and found.can_be_undone(now) else 0
    goes_on = found.state in _GOES_ON and not found.is_paused
    reason, said = _trouble(found)
    return Progress(
        delivery=found,
        state=found.state.value,
        undo_s=undo_s,
        ask_again_s=max(undo_s + 1, _ASK_AGAIN_S) if goes_on else 0,
        reason=str(reason_words(reason, said, server=found.outbox.outgoing)),
        said=said,
    )


def _trouble(delivery: AnswerDelivery) -> tuple[str, str]:
    """Code and words of the first recipient that stands as badly as the whole, else the mail's own."""
    worst = (recipient for recipient in delivery.recipients if recipient.state == delivery.state)
    told = next((recipient for recipient in worst if recipient.detail or recipient.reason), None)
    return (told.reason, told.detail) if told else (delivery.outbox.error_reason, delivery.outbox.error_detail)


def _person(name: str, address: str, *, with_address: bool) -> str:
    if with_address:
        return f"{name} <{address}>" if name else address
    return name or address
