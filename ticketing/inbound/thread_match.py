"""Which ticket a mail belongs to: clues read off the mail, in order of trust, held against what is stored.

token ▶ reference ▶ remembered reference ▶ token in the body ▶ number in the subject ▶ conversation of Outlook; then
merge chains, and a ticket that follows a closed one. All pure; `facts` loads what the clues may hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from ticketing.fields.values import Value
from ticketing.inbound.envelope import Envelope
from ticketing.mail import message_ids
from ticketing.models import Status, ThreadReason
from ticketing.services.references import id_hash

BY_TOKEN = (ThreadReason.TOKEN, ThreadReason.TOKEN_ADDRESS, ThreadReason.BODY_TOKEN)
BY_SENDER = (ThreadReason.SUBJECT_NUMBER, ThreadReason.CONVERSATION)  # they count for whom nobody doubts
MAX_MERGES = 20  # a chain longer than this is a circle

Verify = Callable[[Iterable[str]], tuple[str, ...]]
VerifyNumbers = Callable[[Iterable[message_ids.SubjectTag]], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Clue:
    """One sign that the mail belongs to a ticket."""

    reason: ThreadReason
    key: str  # token id, id hash or number
    detail: str = ""  # the id or number, as the mail has it

    @property
    def by_number(self) -> bool:
        """True if the key is a ticket's number."""
        return self.reason in (ThreadReason.TOKEN_SUBJECT, ThreadReason.SUBJECT_NUMBER)


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored message that a clue points to; `is_own` is False where it merely refers to the id."""

    ticket_id: int
    message_id: int
    is_own: bool = True
    is_outbound: bool = False
    left_ids: frozenset[int] = frozenset()  # the tickets that people took the message out of


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket as far as intake needs it."""

    id: int
    number: int
    status: str
    mailbox_id: int | None
    is_history: bool
    merged_into_id: int | None
    follows_id: int | None
    waiting_since: datetime | None
    active_at: datetime
    has_attachments: bool
    message_count: int
    requester_id: int | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)  # values of custom fields
    priority: str = ""
    team_id: int | None = None
    category_id: int | None = None
    assignee_id: int | None = None
    company_id: int | None = None
    is_spam: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What of the clues is known to this organization."""

    tokens: Mapping[str, Sequence[Hit]] = field(default_factory=dict)  # by token id
    references: Mapping[str, Sequence[Hit]] = field(default_factory=dict)  # by id hash
    numbers: Mapping[str, int] = field(default_factory=dict)  # ticket id by number
    tickets: Mapping[int, TicketFacts] = field(default_factory=dict)  # merge targets included
    people: Mapping[int, frozenset[str]] = field(default_factory=dict)  # by ticket: who of the mail's people is on it
    refused: AbstractSet[int] = frozenset()  # tickets that what the mail answers was taken out of
    is_doubted: bool = False  # who checks senders did not prove this one


@dataclass(frozen=True, slots=True)
class Match:
    """The ticket the mail belongs to, merges followed."""

    ticket: TicketFacts
    reason: ThreadReason
    detail: str  # the id or number that led there; "" where the reason says it all
    sender_is_known: bool  # was on the ticket before


def clues_of(envelope: Envelope, *, verify: Verify, verify_numbers: VerifyNumbers) -> tuple[Clue, ...]:
    """The clues of the mail in order of trust. `verify…` keep what this organization signed."""
    mail = envelope.mail
    tags = message_ids.subject_tags(mail.subject)
    clues = [Clue(ThreadReason.TOKEN, token_id) for token_id in verify(message_ids.tokens_in_ids(envelope.answers))]
    clues += [
        Clue(ThreadReason.TOKEN_ADDRESS, token_id)
        for token_id in verify(message_ids.tokens_in_addresses(envelope.addressed_to))
    ]
    clues += [Clue(ThreadReason.TOKEN_SUBJECT, str(number), f"[#{number}]") for number in verify_numbers(tags)]
    hashes = [(id_hash(answered), answered) for answered in envelope.answers]
    clues += [Clue(ThreadReason.REFERENCE, key, f"<{answered}>") for key, answered in hashes]
    clues += [Clue(ThreadReason.REMEMBERED, key, f"<{answered}>") for key, answered in hashes]
    if mail.message_id:
        clues.append(Clue(ThreadReason.ANSWERED_FIRST, id_hash(mail.message_id)))
    clues += [Clue(ThreadReason.BODY_TOKEN, token_id) for token_id in verify(mail.body_tokens)]
    clues += [Clue(ThreadReason.SUBJECT_NUMBER, str(tag.number), f"[#{tag.number}]") for tag in tags]
    conversation = envelope.conversation
    if conversation is not None and conversation.is_answer:
        clues.append(Clue(ThreadReason.CONVERSATION, id_hash(conversation.key), conversation.written))
    return tuple(clues)


def find_match(clues: Sequence[Clue], *, envelope: Envelope, stored: Stored) -> Match | None:
    """The ticket of the first clue that holds, or None: then the mail opens a new one.

    Where a person has taken out of a ticket what the mail answers, no clue leads there.
    """
    refused = _refused_ends(stored)
    for clue in clues:
        tickets = [_unmerged(ticket_id, stored) for ticket_id in _ticket_ids(clue, envelope, stored)]
        allowed = [ticket for ticket in tickets if ticket and ticket.id not in refused]
        found = _nearest(allowed, mailbox_id=envelope.delivery.mailbox_id)
        if found is not None:
            followed = _open_follower(found, envelope, stored) or found
            return Match(
                ticket=followed,
                reason=clue.reason,
                detail=clue.detail[:200],
                sender_is_known=_is_on(followed.id, envelope.sender, stored),
            )
    return None


def doubted_number(clues: Sequence[Clue], *, envelope: Envelope, stored: Stored) -> int:
    """The ticket that the mail would belong to, by a sign that asks for its sender, were that not doubted; 0: none."""
    weak = [clue for clue in clues if clue.reason in BY_SENDER]
    if not stored.is_doubted or not weak:
        return 0
    found = find_match(weak, envelope=envelope, stored=replace(stored, is_doubted=False))
    return found.ticket.number if found else 0


def refused_ids(hits: Iterable[Hit]) -> frozenset[int]:
    """The tickets that these messages were taken out of, unless they are back."""
    return frozenset(left_id for hit in hits if hit.is_own for left_id in hit.left_ids - {hit.ticket_id})


def _refused_ends(stored: Stored) -> frozenset[int]:
    """Merges followed; a ticket that was merged into the one where the message is now refuses nothing."""
    ends = {end.id for ticket_id in stored.refused if (end := _unmerged(ticket_id, stored))}
    kept = {hit.ticket_id for hits in stored.references.values() for hit in hits if hit.is_own and hit.left_ids}
    return frozenset(ends - {end.id for ticket_id in kept if (end := _unmerged(ticket_id, stored))})


def _ticket_ids(clue: Clue, envelope: Envelope, stored: Stored) -> list[int]:
    """The tickets the clue points to, as far as it counts for them."""
    if clue.by_number:
        ticket_id = stored.numbers.get(clue.key)
        is_trusted = clue.reason == ThreadReason.TOKEN_SUBJECT
        is_on_it = ticket_id and not stored.is_doubted and _knows(ticket_id, {envelope.sender}, stored)
        counts = ticket_id and (is_trusted or is_on_it)
        return [ticket_id] if ticket_id and counts else []
    if clue.reason in BY_TOKEN:
        return [hit.ticket_id for hit in stored.tokens.get(clue.key, ())]
    hits = stored.references.get(clue.key, ())
    if clue.reason == ThreadReason.CONVERSATION:
        return _in_conversation(hits, envelope, stored)
    named = [hit for hit in hits if hit.is_own == (clue.reason == ThreadReason.REFERENCE)]
    # Who names an answer of ours had it. Other ids get about: those who answer one newsletter share its id, no more.
    return [hit.ticket_id for hit in named if hit.is_outbound or _knows(hit.ticket_id, envelope.people, stored)]


def _in_conversation(hits: Sequence[Hit], envelope: Envelope, stored: Stored) -> list[int]:
    """A weak sign: for who is on the ticket alone, and none where a person has taken the conversation apart.

    What people of ours have sent is to somebody on it.
    """
    if stored.is_doubted or any(hit.left_ids for hit in hits):
        return []
    who = envelope.people if envelope.delivery.holds_sent else {envelope.sender}
    return [hit.ticket_id for hit in hits if _knows(hit.ticket_id, who, stored)]


def _knows(ticket_id: int, addresses: AbstractSet[str], stored: Stored) -> bool:
    """True if one of the addresses is on the ticket, or on the one it was merged into."""
    end = _unmerged(ticket_id, stored)
    ids = {ticket_id} | ({end.id} if end else set())
    return any(addresses & stored.people.get(each, frozenset()) for each in ids)


def _is_on(ticket_id: int, address: str, stored: Stored) -> bool:
    return bool(address) and address in stored.people.get(ticket_id, ())


def end_of_merges(ticket_id: int, tickets: Mapping[int, TicketFacts]) -> TicketFacts | None:
    """The ticket at the end of the merge chain; None when it is gone or the chain is a circle."""
    ticket = tickets.get(ticket_id)
    for _step in range(MAX_MERGES):
        if ticket is None or ticket.merged_into_id is None:
            return ticket
        ticket = tickets.get(ticket.merged_into_id)
    return None


def _unmerged(ticket_id: int, stored: Stored) -> TicketFacts | None:
    return end_of_merges(ticket_id, stored.tickets)


def _nearest(tickets: Sequence[TicketFacts], *, mailbox_id: int) -> TicketFacts | None:
    """The one of the same mailbox if any, then the oldest."""
    return min(tickets, key=lambda ticket: (ticket.mailbox_id != mailbox_id, ticket.id), default=None)


def _open_follower(closed: TicketFacts, envelope: Envelope, stored: Stored) -> TicketFacts | None:
    """The open ticket that an earlier answer to this closed one has opened, if the sender is on it."""
    if closed.status != Status.CLOSED:
        return None
    followers = [
        ticket
        for ticket in stored.tickets.values()
        if ticket.follows_id == closed.id
        and ticket.status != Status.CLOSED
        and _is_on(ticket.id, envelope.sender, stored)
    ]
    return _nearest(followers, mailbox_id=envelope.delivery.mailbox_id)
