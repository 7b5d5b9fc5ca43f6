"""The rest of a mail whose headers came first."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.placeholders import Placeholder
from ticketing.inbound.policy.bounces import told_failed, told_sending


def complete_message(envelope: Envelope, facts: Facts) -> Decision | None:
    """The message in the ticket gets what its headers lacked; whatever else the mail says was said when they came.

    Only a bounce is told by its body: one that reports on a mail of ours counts as one from now on.
    """
    found, failed = facts.placeholder, facts.failed
    if found is None:
        return None
    data: dict[str, object] = {"ticket": found.ticket_number, "size_bytes": envelope.delivery.size_bytes}
    if found.came_again:
        data["came_again"] = True
    if failed is not None and envelope.mail.bounce is not None:
        is_delay = not envelope.mail.bounce.permanent
        data |= {"failed": failed.ticket.number, "is_delay": is_delay} | told_failed(failed)
    elif facts.failed_sending is not None and envelope.mail.bounce is not None:
        data |= told_sending(facts.failed_sending) | {"is_delay": not envelope.mail.bounce.permanent}
    return Decision(
        outcome=_outcome(facts, found),
        reason=Reason.COMPLETED,
        data=data,
        action=Action.COMPLETE,
        ticket_id=found.ticket_id,
    )


def _outcome(facts: Facts, found: Placeholder) -> Outcome:
    """As the headers had it; when the mail came once more, that stands on its earlier entry."""
    if found.is_bounce or facts.failed is not None:
        return Outcome.BOUNCE
    if found.came_again:
        return Outcome.DUPLICATE
    if found.opened_ticket:
        return Outcome.SPAM if found.is_spam else Outcome.CREATED
    return Outcome.ADDED
