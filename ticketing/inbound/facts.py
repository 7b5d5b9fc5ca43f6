"""What the policy must know from the database, loaded beforehand in a fixed number of queries.

A new mail costs two: where the organization stands, and whether its ids are known. Only a mail that leads somewhere
costs more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings as conf

from helpdesk.tenancy.prepared import read_ahead
from mailboxes.diagnosis.arriving import MARK_HEADER
from mailboxes.services.sending.check_mail import check_named, marks_in
from mailboxes.services.sending.end_to_end import end_to_end_named
from mailboxes.services.sending.sender_checks import sender_check_named
from ticketing.inbound import lookups
from ticketing.inbound.envelope import Envelope, Requester
from ticketing.inbound.failed import (
    FailedMail,
    FailedSending,
    find_failed,
    find_failed_sending,
    hashes_of,
    originals_of,
)
from ticketing.inbound.flood_counts import asked as asked_of_floods
from ticketing.inbound.flood_counts import count_recent, is_busy
from ticketing.inbound.floods import NOTHING, Flood, Operators, Recent, find_flood
from ticketing.inbound.learned_words import asked_of_words, word_counts
from ticketing.inbound.lookups import ContactCompany, Standing
from ticketing.inbound.mapping.commanding import Commands, block_of, load_commands
from ticketing.inbound.mapping.requester import find_requester
from ticketing.inbound.meanwhile import Watched
from ticketing.inbound.placeholders import Placeholder, find_placeholder
from ticketing.inbound.reported import ReportedMail, find_reported
from ticketing.inbound.sender_trust import UNTOLD, SenderTrust, judge_sender
from ticketing.inbound.settings import UNSET, Settings, settings_for
from ticketing.inbound.thread_match import (
    BY_TOKEN,
    Clue,
    Hit,
    Match,
    Stored,
    clues_of,
    doubted_number,
    end_of_merges,
    find_match,
    refused_ids,
)
from ticketing.inbound.twins import Twin, find_twin
from ticketing.inbound.writer_lookups import Agents, find_writer
from ticketing.inbound.writers import NOBODY_KNOWN, Writer, WriterRules
from ticketing.mail import message_ids
from ticketing.mail.spam_content import Opinion, weigh, words_of
from ticketing.models import ThreadReason
from ticketing.queries.tags import asked_of_tags
from ticketing.services.references import id_hash
from ticketing.services.thread_keys import verified_ids, verified_numbers


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact as stored."""

    id: int
    name: str
    company_id: int | None = None  # also a retired one, and while companies are switched off


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the policy asks about."""

    position: int  # of the newest event; while it stands still, the rest is true
    own_addresses: frozenset[str]  # empty when the mail leads to nothing stored: then nobody asks
    match: Match | None
    has_own_id: bool  # its Message-ID is one that we gave out
    check_mail: str  # the name of a connection test or a test send, to the mailbox itself; "" for other mail
    twin: Twin | None  # the same mail, received before
    failed: FailedMail | None
    contact: KnownContact | None  # of the sender
    placeholder: Placeholder | None  # the message that this mail completes
    known_hashes: Mapping[int, frozenset[str]]  # by ticket: ids of this mail that it remembers already
    settings: Settings = UNSET
    opinion: Opinion | None = None  # by what people have marked; of mail that leads nowhere
    requester: Requester | None = None  # who asks, where that is not the sender
    requester_contact: KnownContact | None = None  # of that one
    contact_company: ContactCompany | None = None  # where it counts: companies are served and the mailbox names none
    trust: SenderTrust = UNTOLD  # how far the sender is who From says
    flood: Flood | None = None  # what the mail is too much of
    recent: Recent = field(default=NOTHING, compare=False)  # for the trace: the flood is what counts
    commands: Commands | None = None  # in its body, where they are read
    failed_sending: FailedSending | None = None  # the same of a mail without a ticket: only where `failed` is none
    reported: ReportedMail | None = None  # of ours, that a read receipt or a complaint is about
    bounced_at: datetime | None = None  # of the sender: nothing automatic goes there since
    writer: Writer = NOBODY_KNOWN  # what is known of the sender; empty while nothing is set that asks
    has_known_id: bool = False  # a mail with its Message-ID was received before
    watched: Watched | None = field(default=None, compare=False)  # None: it takes more to know that all this holds
    doubted_number: int = 0  # of the ticket to which it would belong, were the sender not doubted
    is_doubted_agent: bool = False  # it passes on somebody's mail as an agent would, and the sender is doubted

    @property
    def asker(self) -> KnownContact | None:
        """The contact of who asks; None where that is nobody's."""
        return self.contact if self.requester is None else self.requester_contact

    @property
    def sender_counts(self) -> bool:
        """Whether From may give the sender rights."""
        return self.trust.counts(takes_word=self.settings.writers.takes_word)

    def is_by_one_of_ours(self, envelope: Envelope) -> bool:
        """Whether From is an address of our mailboxes, and no list or agent stands there for somebody else."""
        return envelope.sender in self.own_addresses and self.requester is None

    @property
    def given_company_id(self) -> int | None:
        """What the sender's contact gives a new ticket."""
        company = self.contact_company
        return company.id if company is not None and company.is_active else None


def load_facts(envelope: Envelope) -> Facts:
    """The facts about this mail, as of one position. Inside the caller's scope."""
    at = envelope.delivery.received_at
    clues = clues_of(envelope, verify=verified_ids, verify_numbers=verified_numbers)
    own_id, originals = _own_tokens(envelope), originals_of(envelope)
    token_ids = {clue.key for clue in clues if clue.reason in BY_TOKEN} | {*originals.all, *own_id}
    hashes = _hashes(envelope)
    read_ahead(*lookups.asked_first(envelope.sender, at=at, token_ids=token_ids, hashes=hashes))
    standing = lookups.standing(envelope.sender, at=at)
    tokens, references = lookups.by_token(token_ids), lookups.by_reference(hashes)
    settings = settings_for(envelope.delivery.mailbox_id, version=standing.policy_version)
    leads = bool(tokens or references or _numbers(clues))
    words = () if leads or not standing.marks.can_say else spam_words(envelope)
    ids = {hit.ticket_id for hits in (*tokens.values(), *references.values()) for hit in hits}
    read_ahead(
        *(lookups.asked_of_hits(ids) if leads else ()),
        *asked_of_words(words, version=standing.learned_version),
        *asked_of_floods(envelope, standing, limits=settings.floods),
        *(asked_of_tags(settings.mapping.tag_ids) if not leads else ()),
    )
    own_addresses = lookups.own_addresses() if leads else frozenset()
    trust = judge_sender(envelope, names=settings.writers.servers, is_first=standing.contact_id is None)
    stored = replace(
        _stored(
            clues,
            envelope,
            tokens=tokens,
            references=references,
            own_addresses=own_addresses,
            contact_id=standing.contact_id,
        ),
        is_doubted=trust.is_doubted,
    )
    own_hits = [hit for hit in references.get(_hash(envelope.mail.message_id), ()) if hit.is_own]
    received = [hit.message_id for hit in own_hits if not hit.is_outbound]
    match = _ordered(envelope, contact_id=standing.contact_id) or find_match(clues, envelope=envelope, stored=stored)
    agent = Agents(trust)
    requester = find_requester(envelope, settings.mapping, is_agent=agent.is_believed)
    commanding = settings.mapping.commands
    block = block_of(envelope, commanding)
    asked_by = lookups.standing(requester.address) if requester is not None else standing
    failed = find_failed(envelope, originals, stored)
    recent = count_recent(
        envelope, standing, limits=settings.floods, under=_others(standing, asked_by, rules=settings.writers)
    )
    return Facts(
        position=standing.position,
        own_addresses=own_addresses,
        match=match,
        has_own_id=any(token in tokens for token in own_id) or any(hit.is_outbound for hit in own_hits),
        check_mail=_check_mail(envelope),
        twin=find_twin(
            envelope,
            message_ids=received,
            repeats=settings.repeats,
            answered_id=match.ticket.id if match else None,
        ),
        failed=failed,
        failed_sending=find_failed_sending(envelope) if failed is None else None,
        placeholder=find_placeholder(envelope, message_ids=received),
        contact=_contact(standing),
        known_hashes=_known_hashes(references),
        settings=settings,
        opinion=opinion_of(envelope, standing, words=words) if match is None and standing.marks.can_say else None,
        contact_company=_contact_company(envelope, asked_by),
        trust=trust,
        flood=find_flood(
            recent,
            settings.floods,
            sender=envelope.sender,
            mailbox_id=envelope.delivery.mailbox_id,
            at=envelope.delivery.received_at,
            opens=match is None,
            is_stranger=standing.contact_id is None,
            here=Operators(conf.MAIL_PER_SENDER_AND_HOUR, conf.MAIL_OF_STRANGERS_PER_HOUR),
        ),
        recent=recent,
        reported=find_reported(envelope, stored),
        bounced_at=standing.bounced_at,
        has_known_id=bool(received),
        doubted_number=doubted_number(clues, envelope=envelope, stored=stored) if match is None else 0,
        is_doubted_agent=agent.is_doubted,
        writer=find_writer(
            envelope.sender,
            contact_id=standing.contact_id,
            company_id=standing.company_id if envelope.delivery.serves_companies else None,
            mailbox_id=envelope.delivery.mailbox_id,
            rules=settings.writers,
            is_asked=block is not None,
        ),
        commands=(
            load_commands(block, commanding, serves_companies=envelope.delivery.serves_companies)
            if block is not None and commanding is not None
            else None
        ),
        watched=(
            Watched(
                hashes=frozenset(hashes),
                addresses=frozenset(filter(None, (envelope.sender, requester.address if requester else ""))),
                contact_ids=frozenset(filter(None, (standing.contact_id, asked_by.contact_id))),
                ticket_ids=frozenset(stored.tickets),
            )
            if _is_plain(envelope) and not _numbers(clues) and not is_busy(envelope, standing, limits=settings.floods)
            else None
        ),
        requester=requester,
        requester_contact=_contact(asked_by) if requester is not None else None,
    )


def _is_plain(envelope: Envelope) -> bool:
    """Found by ids, people and tickets alone: not by its bytes, a report, or a member's order."""
    mail, delivery = envelope.mail, envelope.delivery
    return bool(mail.message_id and mail.bounce is None and not (delivery.is_header_only or delivery.joins_id))


def _contact(standing: Standing) -> KnownContact | None:
    if standing.contact_id is None:
        return None
    return KnownContact(standing.contact_id, standing.contact_name, standing.company_id)


def _others(standing: Standing, asked_by: Standing, *, rules: WriterRules) -> set[int]:
    """The contacts under whom mail of this sender stands, but for the sender's own."""
    found: set[int] = set()
    if standing.contact_id is None:
        guests = [rules.guest_for(is_opening=is_opening) for is_opening in (True, False)]
        found |= {guest.id for guest in guests if guest is not None}
    if asked_by.contact_id is not None:
        found.add(asked_by.contact_id)
    return found - {standing.contact_id}


def _contact_company(envelope: Envelope, standing: Standing) -> ContactCompany | None:
    delivery = envelope.delivery
    if standing.company_id is None or not delivery.serves_companies or delivery.company_id is not None:
        return None
    return lookups.contact_company(standing.company_id)


def _ordered(envelope: Envelope, *, contact_id: int | None) -> Match | None:
    """The ticket that a member has ordered to put the mail into, merges followed."""
    wanted = envelope.delivery.joins_id
    if wanted is None:
        return None
    tickets = lookups.tickets_by([wanted], numbers=())
    ticket = end_of_merges(wanted, tickets)
    if ticket is None:
        return None
    sender = envelope.sender
    on = lookups.people_on([ticket.id], among=frozenset({sender}), sender=sender, contact_id=contact_id)
    return Match(ticket, ThreadReason.JOINED, "", sender_is_known=envelope.sender in on.get(ticket.id, ()))


def _check_mail(envelope: Envelope) -> str:
    """Of a connection test, or of one that is remembered, which is known even where a server has rewritten its From.

    The mark in subject and text is looked for in no answer, which may quote it.
    """
    mail, at = envelope.mail, envelope.delivery.received_at
    noted = [value for name, value in mail.headers if name.lower() == MARK_HEADER.lower()]
    marks = marks_in(noted, "" if envelope.answers else f"{mail.subject}\n{mail.text}")
    message_id = mail.message_id or ""
    named = check_named(message_id, marks=marks, sender=envelope.sender, at=at)
    named = named or end_to_end_named(message_id, marks=marks, at=at)
    return named or sender_check_named(message_id, marks=marks, at=at)


def spam_words(envelope: Envelope) -> tuple[str, ...]:
    """The words of the mail that are weighed."""
    return words_of(subject=envelope.subject, text=envelope.mail.text, sender=envelope.from_address)


def opinion_of(envelope: Envelope, standing: Standing, *, words: Sequence[str] = ()) -> Opinion | None:
    """What people's marks have taught about this mail's words. words: `spam_words`, if they are known.

    One query, and none where all of them were asked about before.
    """
    words = words or spam_words(envelope)
    return weigh(words, counts=word_counts(words, version=standing.learned_version), marks=standing.marks)


def _own_tokens(envelope: Envelope) -> tuple[str, ...]:
    return verified_ids(message_ids.tokens_in_ids([envelope.mail.message_id or ""]))


def _hash(message_id: str | None) -> str:
    return id_hash(message_id) if message_id else ""


def _hashes(envelope: Envelope) -> set[str]:
    """The ids to look up: the mail's own, those it answers, its conversation's, and the one a bounce reports."""
    conversation = envelope.conversation
    ids = [envelope.mail.message_id, *envelope.answers]
    ids.append(conversation.key if conversation is not None and conversation.is_answer else None)
    return {id_hash(message_id) for message_id in ids if message_id}.union(hashes_of(envelope))


def _numbers(clues: Sequence[Clue]) -> list[int]:
    return [int(clue.key) for clue in clues if clue.by_number]


def _stored(
    clues: Sequence[Clue],
    envelope: Envelope,
    *,
    tokens: Mapping[str, Sequence[Hit]],
    references: Mapping[str, Sequence[Hit]],
    own_addresses: frozenset[str],
    contact_id: int | None,
) -> Stored:
    numbers = _numbers(clues)
    ids = {hit.ticket_id for hits in (*tokens.values(), *references.values()) for hit in hits}
    if not ids and not numbers:
        return Stored()
    tickets = lookups.tickets_by(ids, numbers=numbers)
    return Stored(
        tokens=tokens,
        references=references,
        numbers={str(ticket.number): ticket.id for ticket in tickets.values() if ticket.number in numbers},
        tickets=tickets,
        refused=refused_ids(hit for hits in references.values() for hit in hits),
        people=lookups.people_on(
            tickets, among=envelope.people - own_addresses, sender=envelope.sender, contact_id=contact_id
        ),
    )


def _known_hashes(references: Mapping[str, Sequence[Hit]]) -> dict[int, frozenset[str]]:
    known: dict[int, set[str]] = defaultdict(set)
    for key, hits in references.items():
        for hit in hits:
            known[hit.ticket_id].add(key)
    return {ticket_id: frozenset(keys) for ticket_id, keys in known.items()}
