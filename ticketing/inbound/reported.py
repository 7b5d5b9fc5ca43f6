"""The mail of ours that a read receipt or a complaint is about: by its token, else by a Message-ID that we sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from helpdesk.lib.text import clean_line
from ticketing.inbound import lookups
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.thread_match import Hit, Stored, TicketFacts
from ticketing.mail import message_ids
from ticketing.mail.values import Told
from ticketing.models import EventKind, MessageRecipient, TicketEvent
from ticketing.services.references import id_hash
from ticketing.services.thread_keys import verified_ids


@dataclass(frozen=True, slots=True)
class ReportedMail:
    """A mail of ours, and what is told of it."""

    told: Told
    by: str  # who tells so: the sender of a receipt, or whom a complaint names; "" where it names nobody
    message_id: int | None = None  # None, as the ticket: only the outbox has it
    ticket: TicketFacts | None = None
    complainants: frozenset[str] = frozenset()  # of those that the mail went to
    outbox_id: int | None = None
    is_known: bool = False  # the history tells it already

    @property
    def stored(self) -> dict[str, object]:
        """What the history keeps of it."""
        return {"told": self.told.value, "by": self.by}


def find_reported(envelope: Envelope, stored: Stored) -> ReportedMail | None:
    """The mail, if it is ours. No query for any other mail; at most two for a report."""
    told = envelope.mail.told
    if told is None or not envelope.mail.reported:
        return None
    hit = next((hit for hit in _hits(envelope.mail.reported, stored) if hit.ticket_id in stored.tickets), None)
    if hit is None:
        return _only_sent(envelope) if told is Told.COMPLAINT else None
    complainants, outbox_id, by = frozenset[str](), None, envelope.sender
    if told is Told.COMPLAINT:
        sent_to = MessageRecipient.objects.filter(message_id=hit.message_id)
        found = {name.lower(): outbox for name, outbox in sent_to.values_list("address", "message__outbox_id")}
        complainants, outbox_id = _named(envelope, found), next(iter(found.values()), None)
        by = ", ".join(sorted(complainants))
    report = ReportedMail(
        told=told,
        by=by,
        message_id=hit.message_id,
        ticket=stored.tickets[hit.ticket_id],
        complainants=complainants,
        outbox_id=outbox_id,
    )
    return _as_known(report)


def _hits(reported: Sequence[str], stored: Stored) -> list[Hit]:
    tokens = verified_ids(message_ids.tokens_in_ids(reported))
    hits = [hit for token in tokens for hit in stored.tokens.get(token, ())]
    by_id = [hit for each in reported for hit in stored.references.get(id_hash(each), ())]
    return hits + [hit for hit in by_id if hit.is_own and hit.is_outbound]


def _named(envelope: Envelope, sent_to: Iterable[str]) -> frozenset[str]:
    """Who complained: whom the report names, or the only one who got the mail where it names nobody."""
    went_to = frozenset(sent_to)
    named = envelope.mail.complainants
    if not named:
        return went_to if len(went_to) == 1 else frozenset()
    return went_to.intersection(named)


def _only_sent(envelope: Envelope) -> ReportedMail | None:
    """A mail that no ticket tells of, as the outbox has it."""
    sent = lookups.sent_mail(clean_line(envelope.mail.reported[0])[:300])
    if sent is None:
        return None
    named = _named(envelope, sent.recipients)
    return ReportedMail(Told.COMPLAINT, ", ".join(sorted(named)), complainants=named, outbox_id=sent.outbox_id)


def _as_known(report: ReportedMail) -> ReportedMail:
    """The same; it says so if the history tells it already."""
    told = TicketEvent.objects.filter(message_id=report.message_id, kind=EventKind.MAIL_IGNORED)
    if not any(report.stored.items() <= data.items() for data in told.values_list("data", flat=True)):
        return report
    return replace(report, is_known=True)
