"""Moving recipients between states, and the state of a mail from those of its recipients.

Everything here runs inside the caller's scope and transaction, after the caller has locked the mail's work item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from helpdesk.tenancy.models import Installation
from mailboxes import signals
from mailboxes.models import ALLOWED_TRANSITIONS, DeliveryState, OutboxMessage, OutboxRecipient

TO_SEND = (DeliveryState.QUEUED, DeliveryState.RETRY)
NOTHING_SAID: Mapping[str, Any] = {"code": 0, "reason": "", "detail": ""}  # of a recipient not yet offered again
GRAVEST_FIRST = (
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.RETRY,
    DeliveryState.QUEUED,
    DeliveryState.SENT,
    DeliveryState.CANCELLED,
)


def move(outbox: OutboxMessage, *, ids: Iterable[int], to: DeliveryState, **changes: Any) -> int:
    """Those recipients that may go to this state have gone there; gives their number."""
    allowed = [state for state, targets in ALLOWED_TRANSITIONS.items() if to in targets]
    rows = OutboxRecipient.objects.filter(outbox=outbox, id__in=list(ids), state__in=allowed)
    return rows.update(state=to, **changes)


def recover(outbox: OutboxMessage) -> None:
    """What a dead worker left in `sending` is unknown if it was marked, else to be tried again."""
    rows = OutboxRecipient.objects.filter(outbox=outbox, state=DeliveryState.SENDING)
    rows.filter(is_marked=True).update(state=DeliveryState.UNKNOWN, **NOTHING_SAID)
    rows.filter(is_marked=False).update(state=DeliveryState.RETRY)


def hold(outbox: OutboxMessage) -> bool:
    """If the mail was queued before the installation was restored, what was unsent is unknown; True if it was."""
    if outbox.epoch >= outbox_epoch():
        return False
    unsent = OutboxRecipient.objects.filter(outbox=outbox, state__in=TO_SEND)
    unsent.update(state=DeliveryState.UNKNOWN, **NOTHING_SAID)
    outbox.error_reason = "restored"
    return True


def outbox_epoch() -> int:
    """The installation's present outbox epoch."""
    found = Installation.objects.filter(id=1).values_list("outbox_epoch", flat=True).first()
    return 1 if found is None else found


def roll_up(outbox: OutboxMessage) -> DeliveryState:
    """The mail's own state is the gravest of its recipients', and is saved with the mail's other columns."""
    states = set(OutboxRecipient.objects.filter(outbox=outbox).values_list("state", flat=True))
    outbox.state = next(state for state in GRAVEST_FIRST if state in states)
    if outbox.state not in (DeliveryState.RETRY, DeliveryState.QUEUED):
        outbox.next_try_at = None
    outbox.save()
    return DeliveryState(outbox.state)


def settle(outbox: OutboxMessage) -> DeliveryState:
    """`roll_up`, and those above are told when nothing more happens by itself."""
    state = roll_up(outbox)
    if state not in (*TO_SEND, DeliveryState.SENDING):
        # Robust: trouble above must not undo what is known about a mail that has left.
        signals.outbox_settled.send_robust(
            sender=OutboxMessage, organization_id=outbox.organization_id, outbox_id=outbox.id, state=state
        )
    return state
