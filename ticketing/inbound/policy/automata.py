"""What programs send: out-of-office notes, automatic replies, receipts, complaints, mail of servers and lists.

What becomes of each class is a setting of the organization. Nothing automatic answers any of it, whatever is set.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailboxes.models import Outcome
from ticketing.inbound.automatic import DEFAULTS, Recognised, Rule, recognise
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.models.automatic import AutomaticClass, NewMail, OnTicket

_REPORTS = {
    AutomaticClass.READ_RECEIPT: Reason.READ_RECEIPT,
    AutomaticClass.FEEDBACK: Reason.FEEDBACK_REPORT,
}
_ANSWERS = {AutomaticClass.AUTO_REPLY: Reason.AUTO_REPLY, AutomaticClass.VACATION: Reason.VACATION}
_SENT_BY_PROGRAMS = {AutomaticClass.GENERATED: Reason.GENERATED, AutomaticClass.LIST: Reason.LIST}


def ignore_report(envelope: Envelope, facts: Facts) -> Decision | None:
    """Receipts and complaint reports open nothing, unless they are set to be kept.

    One about a mail of ours is told of at that mail; one that matches nothing of ours changes nothing.
    """
    return _ignored(envelope, facts, reasons=_REPORTS)


def ignore_automatic_answer(envelope: Envelope, facts: Facts) -> Decision | None:
    """Automatic replies open nothing and reopen nothing, whatever they answer, unless they are set to be kept."""
    return _ignored(envelope, facts, reasons=_ANSWERS)


def ignore_generated(envelope: Envelope, facts: Facts) -> Decision | None:
    """Mail of servers and lists where it is set to be ignored."""
    return _ignored(envelope, facts, reasons=_SENT_BY_PROGRAMS)


def note_automatic(envelope: Envelope, facts: Facts) -> Decision | None:
    """On its ticket, closed or not, as a note that changes nothing else about it, where that is set for the class."""
    found = recognise(envelope.mail, sender=envelope.sender)
    if found is None or facts.match is None or facts.settings.automatic[found.kind].on_ticket is not OnTicket.NOTE:
        return None
    ticket = facts.match.ticket
    return Decision(
        outcome=Outcome.ADDED,
        reason=Reason.QUIET_NOTE,
        data=_named(found) | _complaint(facts) | {"ticket": ticket.number},
        action=Action.ADD,
        ticket_id=ticket.id,
    )


def kept_data(envelope: Envelope, facts: Facts) -> dict[str, object]:
    """What the reason of a new ticket names of an automatic mail; empty for mail of people."""
    found = recognise(envelope.mail, sender=envelope.sender)
    if found is None:
        return {}
    is_default = DEFAULTS[found.kind].new is facts.settings.automatic[found.kind].new
    return _named(found) | _complaint(facts) | {"is_default": is_default}


def _ignored(envelope: Envelope, facts: Facts, *, reasons: Mapping[AutomaticClass, Reason]) -> Decision | None:
    found = recognise(envelope.mail, sender=envelope.sender)
    if found is None or found.kind not in reasons:
        return None
    rule, default = facts.settings.automatic[found.kind], DEFAULTS[found.kind]
    ticket = facts.match.ticket if facts.match else None
    if not _is_ignored(rule, is_on_ticket=ticket is not None):
        return None
    is_default = rule.on_ticket is default.on_ticket if ticket else rule.new is default.new
    reported = facts.reported
    if reported is not None and reported.ticket is not None:
        ticket = reported.ticket
    is_told = reported is not None and reported.ticket is not None and not reported.is_known
    said = _named(found) | {"is_default": is_default} | _told(facts)
    return Decision(
        outcome=Outcome.IGNORED,
        reason=reasons[found.kind],
        data=said | ({"ticket": ticket.number} if ticket else {}),
        action=Action.MENTION if is_told else Action.NOTHING,
        ticket_id=ticket.id if ticket else None,
    )


def _is_ignored(rule: Rule, *, is_on_ticket: bool) -> bool:
    return rule.on_ticket is OnTicket.IGNORE if is_on_ticket else rule.new is NewMail.IGNORE


def _told(facts: Facts) -> dict[str, object]:
    """What a report says of a mail of ours."""
    if facts.reported is None:
        return {}
    again = {"is_known": True} if facts.reported.is_known else {}
    return facts.reported.stored | again | _complaint(facts)


def _complaint(facts: Facts) -> dict[str, object]:
    """Who gets nothing automatic any more, because they called a mail of ours spam."""
    reported = facts.reported
    if reported is None or reported.is_known or not reported.complainants:
        return {}
    return {"complainants": sorted(reported.complainants)}


def _named(found: Recognised) -> dict[str, object]:
    return {"kind": found.kind.value, "signal": found.signal}
