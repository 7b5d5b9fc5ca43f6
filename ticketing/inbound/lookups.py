"""The queries behind the facts, each compiled once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Q, Subquery

from helpdesk.accounts.models import Company, Counters, Role
from helpdesk.lib import clock
from helpdesk.tenancy import floods
from helpdesk.tenancy.models import FloodCount
from helpdesk.tenancy.prepared import Prepared, Question, Row
from mailboxes.models import BouncedAddress, Mailbox, OutboxMessage, OutboxRecipient, RawState, RemoteMessage, SpamTrust
from ticketing.inbound.envelope import Delivery
from ticketing.inbound.spam_trust import SpamSwitches, checker_of, provider_of
from ticketing.inbound.thread_match import MAX_MERGES, Hit, TicketFacts
from ticketing.mail.spam_content import Marks
from ticketing.mail.spam_headers import Signal
from ticketing.models import (
    ContactAddress,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    SpamCorpus,
    SpamWord,
    Ticket,
)

MAX_HITS = 300
STRANGERS = "strangers"  # stands for all of them where the installation counts mail: no sender is called so
BUSY = 200  # tickets opened within the window of loop protection; with fewer no mailbox has too many
_NO_CONTACT = 0  # an id that no row has
_TICKET_FIELDS = tuple(TicketFacts.__dataclass_fields__)

# What a sighting tells of its stored mail, by the names that `_delivery` uses.
_OF_DELIVERY = {
    "raw_id": "raw_id",
    "received_at": "received_at",
    "claimed_bytes": "size_bytes",
    "storage_key": "raw__storage_key",
    "sha256": "raw__sha256",
    "stored_bytes": "raw__size_bytes",
    "is_header_only": "raw__is_header_only",
    "is_history": "raw__is_history",
    "stored_at": "raw__stored_at",
    "mailbox_id": "raw__mailbox_id",
    "default_charset": "raw__mailbox__default_charset",
    "existing_mail": "raw__mailbox__existing_mail",
    "limit_bytes": "raw__mailbox__max_message_bytes",
    "team_id": "raw__mailbox__team_id",
    "lost_team": "raw__mailbox__lost_team",
    "category_id": "raw__mailbox__category_id",
    "category_is_active": "raw__mailbox__category__is_active",
    "category_path": "raw__mailbox__category__path",
    "company_id": "raw__mailbox__company_id",
    "company_is_active": "raw__mailbox__company__is_active",
    "company_name": "raw__mailbox__company__name",
    "serves_companies": "raw__mailbox__organization__serves_companies",
    "priority": "raw__mailbox__ticket_priority",
    "assignee_id": "raw__mailbox__assignee_id",
    "assignee_role": "raw__mailbox__assignee__role",
    "assignee_is_active": "raw__mailbox__assignee__is_active",
    "assignee_name": "raw__mailbox__assignee__user__name",
    "assignee_email": "raw__mailbox__assignee__user__email",
    "answers_only": "raw__mailbox__answers_only",
    "connection_kind": "raw__mailbox__connection__kind",
    "connection_host": "raw__mailbox__connection__host",
    "spam_trust": "raw__mailbox__spam_trust",
    "asks_spam_daemon": "raw__mailbox__asks_spam_daemon",
    Signal.SPAMASSASSIN: "raw__mailbox__trusts_spamassassin",
    Signal.EXCHANGE: "raw__mailbox__trusts_exchange",
    Signal.FEEDBACK_ID: "raw__mailbox__trusts_feedback_id",
    Signal.DMARC: "raw__mailbox__trusts_dmarc",
    "completes_id": "raw__completes__raw_id",
    "wished_by_id": "raw__completes__requested_by_id",
    "skips": "raw__orders__skips",
    "joins_id": "raw__orders__ticket_id",
    "ordered_by": "raw__orders__by_name",
}
_DELIVERIES: Prepared[Row] = Prepared(
    lambda raw_ids: (
        RemoteMessage.objects.filter(raw_id__in=raw_ids, raw__state=RawState.PENDING)
        .order_by("id")
        .values_list(*_OF_DELIVERY.values())
    )
)
_SETTLED: Prepared[Row] = Prepared(
    lambda raw_ids: RemoteMessage.objects.filter(raw_id__in=raw_ids).order_by("id").values_list(*_OF_DELIVERY.values())
)
# Buckets in lists: what stands for a number while this is compiled is larger than their column takes.
_STANDING: Prepared[Row] = Prepared(
    lambda sender, back, bucket, strangers, hour: Counters.objects.values_list(
        "event_position",
        "policy_version",
        Subquery(Ticket.objects.filter(number=OuterRef("ticket_number") - back).values("created_at")[:1]),
        Subquery(ContactAddress.objects.filter(address=sender).values("contact_id")[:1]),
        Subquery(ContactAddress.objects.filter(address=sender).values("contact__name")[:1]),
        Subquery(ContactAddress.objects.filter(address=sender).values("contact__company_id")[:1]),
        Subquery(SpamCorpus.objects.values("spam_marks")[:1]),
        Subquery(SpamCorpus.objects.values("clean_marks")[:1]),
        Subquery(BouncedAddress.objects.filter(address=sender).values("bounced_at")[:1]),
        Subquery(FloodCount.objects.filter(bucket__in=bucket, hour=hour).values("count")[:1]),
        Subquery(FloodCount.objects.filter(bucket__in=strangers, hour=hour).values("count")[:1]),
    )
)
_WORDS: Prepared[Row] = Prepared(
    lambda words: SpamWord.objects.filter(word__in=words).values_list("word", "in_spam", "in_clean")
)
_COMPANY: Prepared[Row] = Prepared(
    lambda company_id: Company.objects.filter(id=company_id).values_list("id", "name", "is_active")
)
_OWN_ADDRESSES: Prepared[Row] = Prepared(
    lambda: Mailbox.objects.filter(deleted_at=None, is_draft=False).values_list("address", "aliases")
)
_BY_TOKEN: Prepared[Row] = Prepared(
    lambda token_ids: Message.objects.filter(token_id__in=token_ids).values_list("token_id", "ticket_id", "id")
)
_BY_REFERENCE: Prepared[Row] = Prepared(
    lambda hashes: (
        MessageReference.objects.filter(id_hash__in=hashes)
        .order_by("-id")
        .values_list("id_hash", "is_own", "ticket_id", "message_id", "message__kind", "message__splits__ticket_id")[
            :MAX_HITS
        ]
    )
)
_SENT_AS: Prepared[Row] = Prepared(
    lambda message_id: OutboxMessage.objects.filter(message_id=message_id).values_list("id", "subject", "cause")[:1]
)
_SENT_TO: Prepared[Row] = Prepared(
    lambda outbox_id: OutboxRecipient.objects.filter(outbox_id=outbox_id).values_list("address")
)
_TICKETS: Prepared[Row] = Prepared(lambda ids: Ticket.objects.filter(id__in=ids).values_list(*_TICKET_FIELDS))
_NUMBERED: Prepared[Row] = Prepared(
    lambda numbers: Ticket.objects.filter(number__in=numbers).values_list(*_TICKET_FIELDS)
)
_WRITERS: Prepared[Row] = Prepared(
    lambda ids, addresses, contact_id: (
        Message.objects.filter(Q(from_address__in=addresses) | Q(contact_id=contact_id), ticket_id__in=ids)
        .values_list("ticket_id", "from_address", "contact_id")
        .distinct()
    )
)
_NAMED: Prepared[Row] = Prepared(
    lambda ids, addresses, contact_id: (
        MessageRecipient.objects.filter(
            Q(address__in=addresses)
            | Q(address__in=ContactAddress.objects.filter(contact_id=contact_id).values("address")),
            message__ticket_id__in=ids,
        )
        .values_list("message__ticket_id", "address")
        .distinct()
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is asked about every mail, at once."""

    position: int  # of the newest event
    policy_version: int
    ticket_before_at: datetime | None  # when the ticket before the last BUSY tickets was opened
    contact_id: int | None  # of the sender
    contact_name: str
    company_id: int | None  # of the contact
    marks: Marks  # of spam
    taken_here: int  # mails of the sender by all organizations of the installation, in the hour that was asked about
    strangers_here: int  # mails of people whom the organization they wrote to did not know, the same
    bounced_at: datetime | None  # when mail to the sender came back last, if nothing automatic goes there for it


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail of the outbox, whether a ticket tells of it or not."""

    outbox_id: int
    subject: str
    cause: str  # mailboxes.models.Cause
    recipients: frozenset[str]  # lower-cased


@dataclass(frozen=True, slots=True)
class ContactCompany:
    """The company of the sender's contact."""

    id: int
    name: str
    is_active: bool  # False: retired, and no ticket gets it


def load_deliveries(raw_ids: Sequence[int]) -> dict[int, Delivery]:
    """The stored mails and their mailboxes, without those that have their verdict already or are gone."""
    return _deliveries(_DELIVERIES.rows(raw_ids=raw_ids))


def settled_deliveries(raw_ids: Sequence[int]) -> dict[int, Delivery]:
    """Stored mails that have their verdict, and their mailboxes as they are today; none that no server showed."""
    return _deliveries(_SETTLED.rows(raw_ids=raw_ids))


def settled_delivery(raw_id: int) -> Delivery | None:
    """The same of one; None when no server showed it."""
    return settled_deliveries([raw_id]).get(raw_id)


def _deliveries(rows: Iterable[Row]) -> dict[int, Delivery]:
    sightings: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        named = dict(zip(_OF_DELIVERY, row, strict=True))
        sightings[named["raw_id"]].append(named)
    return {raw_id: _delivery(seen) for raw_id, seen in sightings.items()}


def _delivery(sightings: Sequence[Mapping[str, Any]]) -> Delivery:
    """What all sightings of one stored mail tell, the oldest first; the mail's own columns are the same in each."""
    mail = sightings[0]
    received_at = next((seen["received_at"] for seen in sightings if seen["received_at"]), mail["stored_at"])
    assignee_id, unfit_assignee = _assignee(mail)
    company_id, retired_company = _company(mail)
    return Delivery(
        raw_id=mail["raw_id"],
        storage_key=mail["storage_key"],
        sha256=mail["sha256"],
        mailbox_id=mail["mailbox_id"],
        default_charset=mail["default_charset"],
        existing_mail=mail["existing_mail"],
        limit_bytes=mail["limit_bytes"],
        team_id=mail["team_id"],
        answers_only=mail["answers_only"],
        size_bytes=max([mail["stored_bytes"], *(seen["claimed_bytes"] or 0 for seen in sightings)]),
        is_header_only=mail["is_header_only"],
        is_history=mail["is_history"],
        received_at=min(received_at, clock.now()),
        completes_id=mail["completes_id"],
        wished_by_id=mail["wished_by_id"],
        assignee_id=assignee_id,
        unfit_assignee=unfit_assignee,
        retired_category=(mail["category_path"] or "") if not mail["category_is_active"] else "",
        retired_company=retired_company,
        lost_team="" if mail["team_id"] else mail["lost_team"],
        category_id=mail["category_id"] if mail["category_is_active"] else None,
        company_id=company_id,
        serves_companies=mail["serves_companies"],
        priority=mail["priority"],
        spam=_spam_switches(mail),
        asks_spam_daemon=mail["asks_spam_daemon"],
        skips=tuple(mail["skips"] or ()),
        joins_id=mail["joins_id"],
        ordered_by=mail["ordered_by"] or "",
        checker=checker_of(mail["connection_kind"], host=mail["connection_host"]),
    )


def _spam_switches(mail: Mapping[str, Any]) -> SpamSwitches:
    return SpamSwitches(
        on=frozenset(signal for signal in Signal if mail[signal]),
        provider=provider_of(mail["connection_kind"], host=mail["connection_host"]),
        is_provider_alone=mail["spam_trust"] == SpamTrust.PROVIDER,
    )


def _company(mail: Mapping[str, Any]) -> tuple[int | None, str]:
    """The company of new tickets, or the name of the one that would be it and is retired."""
    if mail["company_id"] is None or not mail["serves_companies"]:
        return None, ""
    return (mail["company_id"], "") if mail["company_is_active"] else (None, mail["company_name"])


def _assignee(mail: Mapping[str, Any]) -> tuple[int | None, str]:
    """Who gets new tickets, or the name of who would and cannot work on tickets (any more)."""
    if mail["assignee_id"] is None:
        return None, ""
    if mail["assignee_is_active"] and mail["assignee_role"] != Role.VIEWER:
        return mail["assignee_id"], ""
    return None, mail["assignee_name"] or mail["assignee_email"]


def asked_first(sender: str, *, at: datetime, token_ids: Iterable[str], hashes: Iterable[str]) -> Iterator[Question]:
    """What `standing`, `by_token` and `by_reference` ask."""
    yield _asked_standing(sender, at)
    tokens, ids = sorted(set(token_ids)), sorted(set(hashes))
    if tokens:
        yield _BY_TOKEN.asking(token_ids=tokens)
    if ids:
        yield _BY_REFERENCE.asking(hashes=ids)


def asked_of_hits(ticket_ids: Collection[int]) -> Iterator[Question]:
    """What `own_addresses` asks, and `tickets_by` about these tickets."""
    yield _OWN_ADDRESSES.asking()
    if ticket_ids:
        yield _TICKETS.asking(ids=sorted(ticket_ids))


def asked_of_words(words: Sequence[str]) -> Iterator[Question]:
    """What `word_counts` asks."""
    if words:
        yield _WORDS.asking(words=list(words))


def standing(sender: str, *, at: datetime | None = None) -> Standing:
    """Where the organization stands, and the sender's contact, if there is one.

    at: in whose hour mail over all organizations is counted, as far as the operator limits it; None: it is not asked.
    """
    ((position, version, ticket_at, contact_id, name, company_id, spam, clean, bounced_at, taken, strangers),) = (
        _asked_standing(sender, at).rows()
    )
    return Standing(
        position=position,
        policy_version=version,
        ticket_before_at=ticket_at,
        contact_id=contact_id,
        contact_name=name or "",
        company_id=company_id,
        marks=Marks(spam or 0, clean or 0),
        taken_here=taken or 0,
        strangers_here=strangers or 0,
        bounced_at=bounced_at,
    )


def _asked_standing(sender: str, at: datetime | None) -> Question:
    counts_sender = at is not None and sender and settings.MAIL_PER_SENDER_AND_HOUR
    counts_strangers = at is not None and settings.MAIL_OF_STRANGERS_PER_HOUR
    return _STANDING.asking(
        sender=sender,
        back=BUSY,
        bucket=[floods.bucket_of(sender) if counts_sender else floods.NO_BUCKET],
        strangers=[floods.bucket_of(STRANGERS) if counts_strangers else floods.NO_BUCKET],
        hour=floods.hour_of(at or clock.now()),
    )


def sent_mail(message_id: str) -> SentMail | None:
    """The mail that we sent under this Message-ID, given without brackets; None if none. At most two queries."""
    for outbox_id, subject, cause in _SENT_AS.rows(message_id=message_id):
        recipients = frozenset(address.lower() for (address,) in _SENT_TO.rows(outbox_id=outbox_id))
        return SentMail(outbox_id, subject, cause, recipients)
    return None


def contact_company(company_id: int) -> ContactCompany:
    """The company of a contact."""
    ((pk, name, is_active),) = _COMPANY.rows(company_id=company_id)
    return ContactCompany(pk, name, is_active)


def word_counts(words: Sequence[str]) -> dict[str, tuple[int, int]]:
    """In how many mails marked as spam and as clean each of the words was, as far as it was in any."""
    return {word: (spam, clean) for question in asked_of_words(words) for word, spam, clean in question.rows()}


def own_addresses() -> frozenset[str]:
    """Every address that mailboxes of the organization have, lower-cased."""
    return frozenset(address for main, aliases in _OWN_ADDRESSES.rows() for address in (main, *aliases))


def by_token(token_ids: Iterable[str]) -> dict[str, list[Hit]]:
    """Messages of ours by the tokens they carry."""
    hits: dict[str, list[Hit]] = defaultdict(list)
    wanted = sorted(set(token_ids))
    for token_id, ticket_id, message_id in _BY_TOKEN.rows(token_ids=wanted) if wanted else ():
        hits[token_id].append(Hit(ticket_id, message_id, is_outbound=True))
    return hits


def by_reference(hashes: Iterable[str]) -> dict[str, list[Hit]]:
    """Messages that have or mention an id, the newest first."""
    hits: dict[str, list[Hit]] = defaultdict(list)
    wanted = sorted(set(hashes))
    for key, is_own, ticket_id, message_id, kind, left_id in _BY_REFERENCE.rows(hashes=wanted) if wanted else ():
        is_outbound = kind == MessageKind.OUTBOUND
        hits[key].append(Hit(ticket_id, message_id, is_own=bool(is_own), is_outbound=is_outbound, left_id=left_id))
    return hits


def tickets_by(ids: Iterable[int], *, numbers: Sequence[int]) -> dict[int, TicketFacts]:
    """The tickets, and those they were merged into."""
    found: dict[int, TicketFacts] = {}
    for row in _NUMBERED.rows(numbers=list(numbers)) if numbers else ():
        found[row[0]] = TicketFacts(*row)
    wanted = set(ids) - found.keys()
    for _step in range(MAX_MERGES):
        for row in _TICKETS.rows(ids=sorted(wanted)) if wanted else ():
            found[row[0]] = TicketFacts(*row)
        wanted = {ticket.merged_into_id for ticket in found.values() if ticket.merged_into_id} - found.keys()
        if not wanted:
            break
    return found


def people_on(
    ticket_ids: Iterable[int], *, among: frozenset[str], sender: str = "", contact_id: int | None = None
) -> Mapping[int, frozenset[str]]:
    """Who of `among` wrote in each ticket or was written to.

    contact_id: of the sender, who is on a ticket where any address of the contact is.
    """
    ids, addresses = sorted(ticket_ids), sorted(among)
    if not ids or not addresses:
        return {}
    known = contact_id if contact_id is not None and sender in among else _NO_CONTACT
    on: dict[int, set[str]] = defaultdict(set)
    for ticket_id, address, wrote in _WRITERS.rows(ids=ids, addresses=addresses, contact_id=known):
        on[ticket_id] |= {address} & among | ({sender} if wrote == known else set())
    for ticket_id, address in _NAMED.rows(ids=ids, addresses=addresses, contact_id=known):
        on[ticket_id].add(address if address in among else sender)
    return {ticket_id: frozenset(people) for ticket_id, people in on.items()}
