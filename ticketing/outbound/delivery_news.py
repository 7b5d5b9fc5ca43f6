"""What a ticket does when an answer of it could not be delivered, or nobody knows. Hears `outbox_settled`."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from helpdesk.tenancy import counters
from mailboxes.models import DeliveryState, OutboxRecipient
from ticketing.models import EventKind, Message, Status, Ticket, TicketEvent
from ticketing.services.history import By, Happening, record

BROUGHT_BACK = (Status.WAITING, Status.SOLVED, Status.CLOSED)
TROUBLE = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


@transaction.atomic
def on_settled(*, outbox_id: int, state: DeliveryState, **_: Any) -> None:
    """The ticket's history says whom an answer did not reach, once for each such set of people.

    A failure brings a ticket back that was waiting, solved or closed. Inside the transaction that settles the mail.
    """
    if state not in TROUBLE:
        return
    message = Message.objects.filter(outbox_id=outbox_id).first()
    if message is None:
        return
    rows = OutboxRecipient.objects.filter(outbox_id=outbox_id, state__in=TROUBLE).order_by("id")
    people = {row.address: {"state": row.state, "code": row.code, "detail": row.detail} for row in rows}
    told = TicketEvent.objects.filter(message=message, kind=EventKind.DELIVERY_FAILED).order_by("-position").first()
    if told is None or told.data["recipients"] != people:
        _tell(message, data={"state": state.value, "recipients": people})


def _tell(message: Message, *, data: dict[str, Any]) -> None:
    counters.take()  # positions before tickets, as intake locks them
    ticket = Ticket.objects.select_for_update().get(id=message.ticket_id)
    happenings = [Happening(ticket, EventKind.DELIVERY_FAILED, data, message_id=message.id)]
    is_failed = any(person["state"] == DeliveryState.FAILED for person in data["recipients"].values())
    if message.is_automatic:  # nobody waits for what nobody wrote
        record(happenings, by=By(cause="mail", origin="worker"))
        return
    if is_failed and ticket.status in BROUGHT_BACK:
        happenings.append(Happening(ticket, EventKind.STATUS_CHANGED, {"from": ticket.status, "to": Status.OPEN.value}))
        ticket.status, ticket.solved_at, ticket.closed_at = Status.OPEN, None, None
        ticket.save(update_fields=["status", "solved_at", "closed_at"])
    if is_failed:
        ticket.needs_reply = True
        ticket.save(update_fields=["needs_reply"])
    record(happenings, by=By(cause="mail", origin="worker"))
