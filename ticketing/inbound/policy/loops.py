"""More mail than is ordinary: whoever writes it, no more of it opens tickets or stands on them until a person looks."""

from __future__ import annotations

from mailboxes.models import Outcome
from ticketing.inbound.decisions import Decision, Reason
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts


def stop_loop(envelope: Envelope, facts: Facts) -> Decision | None:
    """Too much mail within the window, or a breaker that such mail has tripped. The mail is kept."""
    flood = facts.flood
    if flood is None or envelope.delivery.is_history:
        return None
    limits = facts.settings.floods
    return Decision(
        outcome=Outcome.LOOP,
        reason=Reason.LOOP_STOPPED,
        data={
            "scope": flood.key[0].value,
            "sender": envelope.sender,
            "count": flood.count,
            "minutes": 60 if flood.key[0].is_by_hour else limits.window_minutes,
            "is_known": flood.is_known,
        },
        ticket_id=facts.match.ticket.id if facts.match else None,
    )
