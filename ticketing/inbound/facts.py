"""What the policy must know from the database, loaded beforehand in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from helpdesk.accounts.models import Counters
from helpdesk.lib import clock
from mailboxes.models import Mailbox, RawMessage, RawState, RemoteMessage
from ticketing.inbound.envelope import Delivery, Envelope
from ticketing.inbound.thread_match import (
    MAX_MERGES,
    Clue,
    Hit,
    Match,
    Stored,
    TicketFacts,
    clues_of,
    find_match,
)
from ticketing.inbound.twins import Twin, find_twin
from ticketing.mail import message_ids
from ticketing.models import (
    ContactAddress,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    ThreadReason,
    Ticket,
)
from ticketing.services.references import id_hash
from ticketing.services.thread_keys import verified_ids

MAX_HITS = 300
_TICKET_FIELDS = (
    "id",
    "number",
    "status",
    "mailbox_id",
    "is_history",
    "merged_into_id",
    "follows_id",
    "waiting_since",
    "active_at",
    "has_attachments",
)


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact as stored."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class FailedMail:
    """A mail of ours that a bounce reports."""

    message_id: int
    ticket: TicketFacts
    recipients: frozenset[str]  # of ours that the report names


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the policy asks about."""

    position: int  # of the newest event; while it stands still, the rest is true
    own_addresses: frozenset[str]
    match: Match | None
    has_own_id: bool  # its Message-ID is one that we gave out
    twin: Twin | None  # the same mail, received before by the same mailbox
    failed: FailedMail | None
    contact: KnownContact | None  # of the sender
    known_hashes: Mapping[int, frozenset[str]]  # by ticket: ids of this mail that it remembers already


def load_delivery(raw_id: int) -> Delivery | None:
    """The stored mail and its mailbox; None when it has its verdict already, or is gone."""
    raw = RawMessage.objects.filter(id=raw_id, state=RawState.PENDING).select_related("mailbox").first()
    if raw is None:
        return None
    sightings = list(
        RemoteMessage.objects.filter(raw_id=raw_id).order_by("id").values_list("received_at", "size_bytes")[:20]
    )
    received = next((received_at for received_at, _ in sightings if received_at), None) or raw.stored_at
    return Delivery(
        raw_id=raw.id,
        storage_key=raw.storage_key,
        sha256=raw.sha256,
        mailbox_id=raw.mailbox_id,
        default_charset=raw.mailbox.default_charset,
        existing_mail=raw.mailbox.existing_mail,
        limit_bytes=raw.mailbox.max_message_bytes,
        size_bytes=max([raw.size_bytes, *(size for _, size in sightings if size)]),
        is_header_only=raw.is_header_only,
        is_history=raw.is_history,
        received_at=min(received, clock.now()),
    )


def load_facts(envelope: Envelope) -> Facts:
    """The facts about this mail, as of one position. Inside the caller's scope."""
    position = Counters.objects.values_list("event_position", flat=True).get()
    own_addresses = _own_addresses()
    clues = clues_of(envelope, verify=verified_ids)
    original = _original_tokens(envelope)
    own_token = verified_ids(message_ids.tokens_in_ids([envelope.mail.message_id or ""]))
    tokens = _token_hits({clue.key for clue in clues if clue.reason in _BY_TOKEN} | {*original, *own_token})
    references = _reference_hits(clues, envelope)
    stored = _stored(clues, envelope, tokens=tokens, references=references, own_addresses=own_addresses)
    own_hash = id_hash(envelope.mail.message_id) if envelope.mail.message_id else ""
    own_hits = [hit for hit in references.get(own_hash, ()) if hit.is_own]
    return Facts(
        position=position,
        own_addresses=own_addresses,
        match=find_match(clues, envelope=envelope, stored=stored),
        has_own_id=any(token in tokens for token in own_token) or any(hit.is_outbound for hit in own_hits),
        twin=find_twin(envelope, message_ids=[hit.message_id for hit in own_hits if not hit.is_outbound]),
        failed=_failed(envelope, original, stored),
        contact=_contact(envelope.sender),
        known_hashes=_known_hashes(references),
    )


_BY_TOKEN = (ThreadReason.TOKEN, ThreadReason.BODY_TOKEN)


def _own_addresses() -> frozenset[str]:
    rows = Mailbox.objects.filter(deleted_at=None).values_list("address", "aliases")
    return frozenset(address for main, aliases in rows for address in (main, *aliases))


def _original_tokens(envelope: Envelope) -> tuple[str, ...]:
    """The tokens of the mail that a bounce returns."""
    bounce = envelope.mail.bounce
    if bounce is None:
        return ()
    in_id = message_ids.tokens_in_ids([bounce.original_message_id or ""])
    return verified_ids((*in_id, *envelope.mail.body_tokens))


def _token_hits(token_ids: Iterable[str]) -> dict[str, list[Hit]]:
    wanted = sorted(token_ids)
    hits: dict[str, list[Hit]] = defaultdict(list)
    if wanted:
        rows = Message.objects.filter(token_id__in=wanted).values_list("token_id", "ticket_id", "id")
        for token_id, ticket_id, message_id in rows:
            hits[token_id].append(Hit(ticket_id=ticket_id, message_id=message_id, is_outbound=True))
    return hits


def _reference_hits(clues: Sequence[Clue], envelope: Envelope) -> dict[str, list[Hit]]:
    wanted = {clue.key for clue in clues if clue.reason == ThreadReason.REMEMBERED}
    bounce = envelope.mail.bounce
    if bounce is not None and bounce.original_message_id:
        wanted.add(id_hash(bounce.original_message_id))
    hits: dict[str, list[Hit]] = defaultdict(list)
    if wanted:
        rows = MessageReference.objects.filter(id_hash__in=sorted(wanted)).order_by("-id")
        for key, is_own, ticket_id, message_id, kind in rows.values_list(
            "id_hash", "is_own", "ticket_id", "message_id", "message__kind"
        )[:MAX_HITS]:
            hits[key].append(Hit(ticket_id, message_id, is_own=is_own, is_outbound=kind == MessageKind.OUTBOUND))
    return hits


def _stored(
    clues: Sequence[Clue],
    envelope: Envelope,
    *,
    tokens: Mapping[str, Sequence[Hit]],
    references: Mapping[str, Sequence[Hit]],
    own_addresses: frozenset[str],
) -> Stored:
    numbers = [int(clue.key) for clue in clues if clue.reason == ThreadReason.SUBJECT_NUMBER]
    ids = {hit.ticket_id for hits in (*tokens.values(), *references.values()) for hit in hits}
    if not ids and not numbers:
        return Stored()
    tickets = _tickets(ids, numbers)
    return Stored(
        tokens=tokens,
        references=references,
        numbers={str(ticket.number): ticket.id for ticket in tickets.values() if ticket.number in numbers},
        tickets=tickets,
        people=_people(tickets, envelope.people - own_addresses),
    )


def _tickets(ids: set[int], numbers: list[int]) -> dict[int, TicketFacts]:
    """The tickets, and those they were merged into."""
    found: dict[int, TicketFacts] = {}
    wanted = Q(id__in=ids) | Q(number__in=numbers)
    for _step in range(MAX_MERGES):
        rows = Ticket.objects.filter(wanted).values_list(*_TICKET_FIELDS)
        found |= {row[0]: TicketFacts(*row) for row in rows}
        targets = {ticket.merged_into_id for ticket in found.values() if ticket.merged_into_id} - found.keys()
        if not targets:
            break
        wanted = Q(id__in=targets)
    return found


def _people(ticket_ids: Iterable[int], addresses: frozenset[str]) -> dict[int, frozenset[str]]:
    """Who of `addresses` wrote in each ticket or was written to."""
    on: dict[int, set[str]] = defaultdict(set)
    if addresses:
        ids, wanted = list(ticket_ids), sorted(addresses)
        senders = Message.objects.filter(ticket_id__in=ids, from_address__in=wanted)
        named = MessageRecipient.objects.filter(message__ticket_id__in=ids, address__in=wanted)
        rows = senders.values_list("ticket_id", "from_address").union(
            named.values_list("message__ticket_id", "address")
        )
        for ticket_id, address in rows:
            on[ticket_id].add(address)
    return {ticket_id: frozenset(people) for ticket_id, people in on.items()}


def _failed(envelope: Envelope, original: Sequence[str], stored: Stored) -> FailedMail | None:
    """The mail of ours that the bounce is about: by its token, else by a Message-ID that we sent."""
    bounce = envelope.mail.bounce
    if bounce is None:
        return None
    hits = [hit for token in original for hit in stored.tokens.get(token, ())]
    if bounce.original_message_id:
        hits += [
            h for h in stored.references.get(id_hash(bounce.original_message_id), ()) if h.is_own and h.is_outbound
        ]
    hit = next((hit for hit in hits if hit.ticket_id in stored.tickets), None)
    if hit is None:
        return None
    sent_to = MessageRecipient.objects.filter(message_id=hit.message_id, address__in=bounce.recipients)
    return FailedMail(
        message_id=hit.message_id,
        ticket=stored.tickets[hit.ticket_id],
        recipients=frozenset(sent_to.values_list("address", flat=True)),
    )


def _contact(sender: str) -> KnownContact | None:
    if not sender:
        return None
    row = ContactAddress.objects.filter(address=sender).values_list("contact_id", "contact__name").first()
    return KnownContact(*row) if row else None


def _known_hashes(references: Mapping[str, Sequence[Hit]]) -> dict[int, frozenset[str]]:
    known: dict[int, set[str]] = defaultdict(set)
    for key, hits in references.items():
        for hit in hits:
            known[hit.ticket_id].add(key)
    return {ticket_id: frozenset(keys) for ticket_id, keys in known.items()}
