"""What a decision means for the ticket's state. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.thread_match import TicketFacts
from ticketing.models import Status

REOPENED_BY_ANSWER = frozenset({Status.WAITING, Status.HOLD, Status.SOLVED})
RESTING = frozenset({Status.WAITING, Status.SOLVED, Status.CLOSED})  # nobody waits for us
_REOPENED_BY_FAILURE = REOPENED_BY_ANSWER | {Status.CLOSED}


@dataclass(frozen=True, slots=True)
class Effect:
    """How the ticket stands afterwards."""

    status: str
    status_before: str  # "" for a new ticket
    needs_reply: bool | None  # None: as it was

    @property
    def reopens(self) -> bool:
        """True if the status changes."""
        return bool(self.status_before) and self.status != self.status_before


def effect_of(decision: Decision, *, envelope: Envelope, facts: Facts, status: str = "") -> Effect:
    """The effect of a decision that writes something. status: that commands in the mail set; "" for none."""
    effect = _effect_of(decision, envelope=envelope, facts=facts)
    if not status:
        return effect
    return replace(effect, status=status, needs_reply=False if status in RESTING else effect.needs_reply)


def _effect_of(decision: Decision, *, envelope: Envelope, facts: Facts) -> Effect:
    if decision.action is Action.OPEN:
        if envelope.opens_closed:
            return Effect(status=Status.CLOSED, status_before="", needs_reply=False)
        return Effect(status=Status.NEW, status_before="", needs_reply=True)
    ticket = target(decision, facts)
    if decision.action is Action.BOUNCE:
        return _after_bounce(ticket, envelope)
    if decision.is_quiet or envelope.opens_closed:
        return Effect(status=ticket.status, status_before=ticket.status, needs_reply=None)
    if decision.is_sent:
        return Effect(status=ticket.status, status_before=ticket.status, needs_reply=False)
    if facts.is_by_one_of_ours(envelope) and not facts.trust.is_doubted:  # answered from a mail program
        # Where nobody says who sent it, it asks for nothing; but nobody is kept waiting on its word.
        needs_reply = False if facts.sender_counts else None
        return Effect(status=ticket.status, status_before=ticket.status, needs_reply=needs_reply)
    return _reopened(ticket, REOPENED_BY_ANSWER)


def effect_of_completion(*, envelope: Envelope, facts: Facts) -> Effect | None:
    """What the rest of a mail does to the ticket of ours on whose mail it reports; None if its headers did it all."""
    if facts.failed is None or facts.placeholder is None or facts.placeholder.is_bounce:
        return None
    return _after_bounce(facts.failed.ticket, envelope)


def goes_to_spam(decision: Decision, facts: Facts) -> bool:
    """True for mail, or the rest of one, that goes to a ticket among the spam: there nothing acts by itself."""
    if decision.action is Action.COMPLETE:
        return facts.placeholder is not None and facts.placeholder.is_spam
    return decision.action is Action.ADD and target(decision, facts).is_spam


def target(decision: Decision, facts: Facts) -> TicketFacts:
    """The existing ticket that the decision writes to."""
    found = facts.failed if decision.action is Action.BOUNCE else facts.match
    if found is None:
        raise ValueError("This decision writes to no existing ticket.")
    return found.ticket


def _after_bounce(ticket: TicketFacts, envelope: Envelope) -> Effect:
    """A mail that failed for good brings the ticket back; a delay is only noted."""
    if envelope.mail.bounce is None or not envelope.mail.bounce.permanent:
        return Effect(status=ticket.status, status_before=ticket.status, needs_reply=None)
    return _reopened(ticket, _REOPENED_BY_FAILURE)


def _reopened(ticket: TicketFacts, statuses: frozenset[Status]) -> Effect:
    status = Status.OPEN if ticket.status in statuses else ticket.status
    return Effect(status=status, status_before=ticket.status, needs_reply=True)
