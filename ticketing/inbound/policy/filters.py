"""Filters of the organization and of the mailbox: what is ignored, and what alone may open tickets."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.filtering import Entry


def ignore_filtered(envelope: Envelope, facts: Facts) -> Decision | None:
    """Mail that matches a filter of what to ignore, answers to tickets too: those are told on the ticket."""
    verdict = facts.settings.filters.ignore(envelope.filtered)
    if verdict is None or verdict.hit is None:
        return None
    ticket = facts.match.ticket if facts.match else None
    said = entry_data(verdict.hit.entry) | {"place": verdict.hit.place, "of_all": verdict.of_all}
    return Decision(
        outcome=Outcome.IGNORED,
        reason=Reason.FILTERED,
        data=said | ({"ticket": ticket.number} if ticket else {}),
        action=Action.MENTION if ticket else Action.NOTHING,
        ticket_id=ticket.id if ticket else None,
    )


def ignore_unlisted(envelope: Envelope, facts: Facts) -> Decision | None:
    """New mail that a filter of what to allow does not name. Answers to tickets come in."""
    if facts.match is not None:
        return None
    verdict = facts.settings.filters.refuse(envelope.filtered)
    if verdict is None:
        return None
    return Decision(outcome=Outcome.IGNORED, reason=Reason.NOT_ALLOWED, data={"of_all": verdict.of_all})


def entry_data(entry: Entry) -> dict[str, object]:
    """The entry as a reason names it."""
    return {"kind": entry.kind, "value": entry.value, "header": entry.header}
