"""Mail in a folder of sent mail: what people of ours wrote with a mail program."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts

_OURS = "x-postroom-"  # how headers begin that all mail of ours has


def take_sent(envelope: Envelope, facts: Facts) -> Decision | None:
    """It goes on the ticket that it belongs to, closed ones included, and changes little there; else it is ignored.

    A mail of our own is told by its Message-ID, or by our headers where a server has given it another: nobody outside
    puts anything into this folder.
    """
    if not envelope.delivery.holds_sent:
        return None
    match = facts.match
    if facts.has_own_id or any(name.lower().startswith(_OURS) for name, _value in envelope.mail.headers):
        return Decision(
            outcome=Outcome.IGNORED, reason=Reason.SENT_FROM_HERE, ticket_id=match.ticket.id if match else None
        )
    if match is None or envelope.mail.automation.is_auto:
        return Decision(
            outcome=Outcome.IGNORED,
            reason=Reason.SENT_ELSEWHERE,
            data={"is_auto": envelope.mail.automation.is_auto},
        )
    return Decision(
        outcome=Outcome.ADDED,
        reason=Reason.SENT_ELSEWHERE,
        data={
            "ticket": match.ticket.number,
            "sender": envelope.from_address,
            "sign": match.reason,
            "detail": match.detail,
        },
        action=Action.ADD,
        ticket_id=match.ticket.id,
    )
