"""The queries behind the facts, each compiled once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery

from helpdesk.accounts.models import Company, Counters
from helpdesk.lib import clock
from helpdesk.tenancy import floods
from helpdesk.tenancy.models import FloodCount
from helpdesk.tenancy.prepared import Prepared, Question, Row
from mailboxes.models import ENDED_BY_MAIL, BouncedAddress, Mailbox, OutboxMessage, OutboxRecipient
from ticketing.inbound.joined import JoinedTexts
from ticketing.inbound.thread_match import MAX_MERGES, Hit, TicketFacts
from ticketing.mail.spam_content import Marks
from ticketing.models import (
    ContactAddress,
    Message,
    MessageKind,
    MessageRecipient,
    MessageReference,
    SpamCorpus,
    ThreadSplit,
    Ticket,
)

MAX_HITS = 300
STRANGERS = "strangers"  # stands for all of them where the installation counts mail: no sender is called so
BUSY = 200  # tickets opened within the window of loop protection; with fewer no mailbox has too many
_NO_CONTACT = 0  # an id that no row has
_TICKET_FIELDS = tuple(TicketFacts.__dataclass_fields__)

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
        Subquery(SpamCorpus.objects.values("version")[:1]),
        Subquery(BouncedAddress.objects.filter(address=sender, cause__in=ENDED_BY_MAIL).values("bounced_at")[:1]),
        Subquery(FloodCount.objects.filter(bucket__in=bucket, hour=hour).values("count")[:1]),
        Subquery(FloodCount.objects.filter(bucket__in=strangers, hour=hour).values("count")[:1]),
    )
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


def _by_reference(hashes: Any) -> QuerySet[MessageReference, Row]:
    """Without a join: of a new organization PostgreSQL expects one message, and would go through all of them."""
    message, left = Message.objects.filter(id=OuterRef("message_id")), ThreadSplit.objects.order_by()
    left = left.filter(message_id=OuterRef("message_id")).values("message_id")
    return (
        MessageReference.objects.filter(id_hash__in=hashes)
        .order_by("-id")
        .values_list(
            *("id_hash", "is_own", "ticket_id", "message_id"),
            Subquery(message.values("kind")[:1]),
            Subquery(left.annotate(ids=JoinedTexts("ticket_id")).values("ids")),
        )[:MAX_HITS]
    )


_BY_REFERENCE: Prepared[Row] = Prepared(_by_reference)
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
    learned_version: int  # of what these taught
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


def standing(sender: str, *, at: datetime | None = None) -> Standing:
    """Where the organization stands, and the sender's contact, if there is one.

    at: in whose hour mail over all organizations is counted, as far as the operator limits it; None: it is not asked.
    """
    [row] = _asked_standing(sender, at).rows()
    position, version, ticket_at, contact_id, name, company_id, spam, clean, learned, bounced_at, *taken = row
    taken_here, strangers_here = taken
    return Standing(
        position=position,
        policy_version=version,
        ticket_before_at=ticket_at,
        contact_id=contact_id,
        contact_name=name or "",
        company_id=company_id,
        marks=Marks(spam or 0, clean or 0),
        learned_version=learned or 0,
        taken_here=taken_here or 0,
        strangers_here=strangers_here or 0,
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
    for key, is_own, ticket_id, message_id, kind, left in _BY_REFERENCE.rows(hashes=wanted) if wanted else ():
        is_outbound = kind == MessageKind.OUTBOUND
        left_ids = frozenset(map(int, left.split(","))) if left else frozenset()
        hits[key].append(Hit(ticket_id, message_id, is_own=bool(is_own), is_outbound=is_outbound, left_ids=left_ids))
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
