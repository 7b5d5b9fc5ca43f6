"""How the outbox names tickets."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from helpdesk.accounts.models import Organization
from mailboxes.ticket_links import TicketLink
from ticketing.models import Ticket


def ticket_links(organization: Organization, ticket_ids: Iterable[int]) -> dict[int, TicketLink]:
    """Number and address of each ticket by its id, in one query; none for what is no ticket."""
    numbers = Ticket.objects.filter(id__in=list(ticket_ids)).values_list("id", "number")
    return {
        ticket_id: TicketLink(f"#{number}", reverse("ticket", kwargs={"slug": organization.slug, "number": number}))
        for ticket_id, number in numbers
    }
