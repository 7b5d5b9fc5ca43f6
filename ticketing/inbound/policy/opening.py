"""Everything else opens a ticket, unless email to ticket is off or the mailbox takes answers only."""

from __future__ import annotations

from mailboxes.models import ExistingMail, Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.policy.automata import kept_data
from ticketing.models import AnswerCause


def ignore_while_off(envelope: Envelope, facts: Facts) -> Decision | None:
    """Mail that belongs to no ticket, while the organization takes none and tells so. Answers belong to tickets."""
    if not envelope.delivery.is_switched_off or facts.match is not None:
        return None
    return Decision(outcome=Outcome.IGNORED, reason=Reason.SWITCHED_OFF, answer=AnswerCause.SWITCHED_OFF)


def ignore_new_mail(envelope: Envelope, facts: Facts) -> Decision | None:
    """Mail that belongs to no ticket, where the mailbox opens none. An answer to a closed ticket belongs to that."""
    if not envelope.delivery.answers_only or facts.match is not None:
        return None
    answer = AnswerCause.NOT_WORKED if facts.settings.answers.tells_not_worked else None
    return Decision(outcome=Outcome.IGNORED, reason=Reason.ANSWERS_ONLY, answer=answer)


def open_ticket(envelope: Envelope, facts: Facts) -> Decision:
    """A new ticket; the reason says which default or setting of the mailbox made it so."""
    reason, data = _why(envelope, facts)
    data |= _fallbacks(envelope) | _company(envelope, facts)
    if envelope.mail.error:
        data["is_unreadable"] = True
    return Decision(
        outcome=Outcome.CREATED, reason=reason, data=data, action=Action.OPEN, answer=notice_of_size(envelope, facts)
    )


def notice_of_size(envelope: Envelope, facts: Facts) -> AnswerCause | None:
    """Of what came in as its headers alone the sender is told, where that is set."""
    is_told = envelope.delivery.is_header_only and facts.settings.answers.tells_too_large
    return AnswerCause.TOO_LARGE if is_told else None


def _fallbacks(envelope: Envelope) -> dict[str, object]:
    """What the mailbox gives new tickets, where it is gone: the ticket goes without, and says why."""
    delivery = envelope.delivery
    lost = {
        "lost_team": delivery.lost_team,
        "unfit_assignee": delivery.unfit_assignee,
        "retired_category": delivery.retired_category,
    }
    return {name: value for name, value in lost.items() if value}


def _company(envelope: Envelope, facts: Facts) -> dict[str, object]:
    """Where the mailbox names none that can be given: what the contact's says, else why there is none."""
    company, retired = facts.contact_company, envelope.delivery.retired_company
    if company is None:
        return {"retired_company": retired} if retired else {}
    if company.is_active:
        return {"company_of_contact": company.name}
    return {"retired_company_of_contact": company.name}


def _why(envelope: Envelope, facts: Facts) -> tuple[Reason, dict[str, object]]:
    delivery = envelope.delivery
    if delivery.is_history:
        return Reason.HISTORY, {"is_open": delivery.existing_mail == ExistingMail.OPEN}
    if facts.match is not None:
        match = facts.match
        return Reason.FOLLOWS_CLOSED, {"ticket": match.ticket.number, "sign": match.reason, "detail": match.detail}
    if delivery.is_header_only:
        return Reason.TOO_LARGE, {"size_bytes": delivery.size_bytes, "limit_bytes": delivery.limit_bytes}
    return Reason.NEW_MAIL, kept_data(envelope, facts)
