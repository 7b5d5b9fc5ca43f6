"""Mail that says nothing new: our own coming back, and what the mailbox has received before."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts


def ignore_own_mail(envelope: Envelope, facts: Facts) -> Decision | None:
    """Our own mail, known by its Message-ID and by one of our addresses in From; either alone can be forged."""
    if not facts.has_own_id or envelope.sender not in facts.own_addresses:
        return None
    return Decision(
        outcome=Outcome.IGNORED,
        reason=Reason.OWN_MAIL,
        data={"sender": envelope.sender},
        ticket_id=facts.match.ticket.id if facts.match else None,
    )


def ignore_check_mail(envelope: Envelope, facts: Facts) -> Decision | None:
    """What a connection test or a test send sent to the mailbox itself."""
    if not facts.check_mail:
        return None
    return Decision(outcome=Outcome.IGNORED, reason=Reason.CHECK_MAIL, data={"sender": envelope.sender})


def ignore_twin(envelope: Envelope, facts: Facts) -> Decision | None:
    """The same mail, with the same content, in the same mailbox or one whose mail is one with this one's.

    A copy by way of another mailbox stands in the history of the ticket.
    """
    twin = facts.twin
    if twin is None:
        return None
    if twin.other_mailbox:
        return Decision(
            outcome=Outcome.DUPLICATE,
            reason=Reason.COPY,
            data={"ticket": twin.ticket_number, "mailbox": twin.other_mailbox},
            action=Action.MENTION,
            ticket_id=twin.ticket_id,
        )
    return Decision(
        outcome=Outcome.DUPLICATE,
        reason=Reason.DUPLICATE,
        data={"ticket": twin.ticket_number, "has_same_id": bool(envelope.mail.message_id)},
        ticket_id=twin.ticket_id,
    )
