"""What happened in the organization since a mail's facts were loaded, and whether that is anything to the mail.

Several workers write an organization's mail at once, and nearly always another one comes first. To load every fact
again while all of them wait costs more than the mail itself; mostly it is enough to see that the other mails have
nothing to do with this one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from helpdesk.tenancy.prepared import Prepared, Row
from ticketing.inbound.joined import JoinedTexts
from ticketing.models import EventKind, MessageReference, TicketEvent

MAX_EVENTS = 30  # looked at; after more all facts are loaded again
_CAUSES = frozenset({"mail", "rule"})
# What other mail does to its own ticket alone. What marks addresses, or moves messages, is not among these.
_OF_ITS_TICKET = frozenset(
    {
        EventKind.TICKET_OPENED,
        EventKind.MESSAGE_RECEIVED,
        EventKind.LINKED,
        EventKind.STATUS_CHANGED,
        EventKind.TAG_ADDED,
        EventKind.FIELD_CHANGED,
        EventKind.SPAM_SUSPECTED,
    }
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the facts of a mail were found by. Other mail changes them only if it shares some of it."""

    hashes: frozenset[str]  # of its own id, and of those that it answers
    addresses: frozenset[str]  # who wrote it, and who asks
    contact_ids: frozenset[int]
    ticket_ids: frozenset[int]  # that it could belong to


def _since(position: int) -> QuerySet[TicketEvent, Row]:
    known = MessageReference.objects.filter(message_id=OuterRef("message_id")).order_by().values("message_id")
    return (
        TicketEvent.objects.filter(position__gt=position)
        .order_by("position")
        .values_list(
            *("kind", "cause", "ticket_id", "message__from_address", "message__contact_id"),
            Subquery(known.annotate(hashes=JoinedTexts("id_hash")).values("hashes")),
        )[:MAX_EVENTS]
    )


_SINCE: Prepared[Row] = Prepared(_since)


def is_nothing_to(watched: Watched, *, since: int, upto: int) -> bool:
    """True if nothing that has happened between these positions can have changed what was found. At most one query.

    Inside the scope; while the counters are locked nothing more happens.
    """
    if upto - since > MAX_EVENTS:
        return False
    rows = _SINCE.rows(position=since)
    return len(rows) == upto - since and not any(_concerns(watched, row) for row in rows)


def _concerns(watched: Watched, row: Row) -> bool:
    kind, cause, ticket_id, address, contact_id, hashes = row
    return (
        kind not in _OF_ITS_TICKET
        or cause not in _CAUSES
        or ticket_id in watched.ticket_ids
        or address in watched.addresses
        or contact_id in watched.contact_ids
        or not watched.hashes.isdisjoint((hashes or "").split(","))
    )
