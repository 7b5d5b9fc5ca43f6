"""What a call of another system does here: its ticket is found or opened, its message added, its changes taken over."""

from __future__ import annotations

from datetime import datetime, timedelta

from helpdesk.lib import clock
from helpdesk.tenancy import counters
from ticketing.models import ExternalReference, IncomingCall, Integration, Ticket
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.syncing.fields import Stamp, remember, take_over
from ticketing.services.syncing.mapping import Said
from ticketing.services.syncing.messages import add_message, open_ticket, ticket_of_mail

NO_TICKET = "ticket_unknown"
CLOCKS_APART = timedelta(minutes=5)


def apply(call: IncomingCall, said: Said) -> tuple[Ticket | None, str]:
    """The ticket that the call was about, and "" or why there is none. Inside the caller's transaction.

    Raises DomainError when the change is not possible here.
    """
    integration = call.hook.integration
    by = By(integration=integration, cause="integration", origin="api")
    counters.take()  # positions before tickets, as intake locks them; and nobody opens the same ticket meanwhile
    stamp = Stamp(_said_at(call, said), call.call_id)
    ticket = _known(said, integration=integration)
    if ticket is None and said.message is None:
        return None, NO_TICKET
    if ticket is None and said.message is not None:
        ticket = open_ticket(said, said.message, integration=integration, by=by)
        _bind(ticket, said, integration=integration)
        _begin(ticket, said, integration=integration, stamp=stamp, by=by)
        return ticket, ""
    assert ticket is not None  # both cases without one are above
    locked = Ticket.objects.select_for_update().get(pk=ticket.pk)
    if said.message is not None:
        add_message(locked, said.message, integration=integration, by=by)
    take_over(locked, said, integration=integration, stamp=stamp, by=by)
    return locked, ""


def _said_at(call: IncomingCall, said: Said) -> datetime:
    """When it happened there; a clock that is far ahead does not win for ever."""
    if said.at is None:
        return call.received_at
    return min(said.at, call.received_at + CLOCKS_APART)


def _known(said: Said, *, integration: Integration) -> Ticket | None:
    """The ticket here: by their id, by ours if they know it, or by a mail that came to both of us."""
    bound = ExternalReference.objects.select_related("ticket__merged_into").filter(
        integration=integration, external_id=said.ticket
    )
    reference = bound.first()
    if reference is not None:
        found: Ticket = reference.ticket.merged_into or reference.ticket
        return found
    ours = None
    if said.own_number is not None:
        ours = Ticket.objects.filter(number=said.own_number).first()
    if ours is None and said.message is not None and said.message.mail_id:
        ours = ticket_of_mail(said.message.mail_id)
    if ours is not None:
        _bind(ours, said, integration=integration)
    return ours


def _bind(ticket: Ticket, said: Said, *, integration: Integration) -> None:
    """From now on their id leads to the ticket."""
    ExternalReference.objects.get_or_create(
        integration=integration, ticket=ticket, defaults={"external_id": said.ticket, "created_at": clock.now()}
    )


def _begin(ticket: Ticket, said: Said, *, integration: Integration, stamp: Stamp, by: By) -> None:
    """A new ticket has the tags it has there, and what it was opened with counts as said."""
    for name in said.tags or ():
        changes.add_tag([ticket], name=name, by=by)
        remember(ticket, f"tag:{name.lower()}", value=True, integration=integration, stamp=stamp)
    remember(ticket, "tags", value=list(said.tags or ()), integration=integration, stamp=stamp)
    values = {"subject": said.subject, "status": said.status, "priority": said.priority}
    for name, value in values.items():
        if value is not None:
            remember(ticket, name, value=str(value), integration=integration, stamp=stamp)
