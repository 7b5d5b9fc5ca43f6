"""Tickets and messages as the API shows them: a fixed number of queries, whatever the length of a page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from ticketing.models import (
    ContactAddress,
    ExternalReference,
    Integration,
    Message,
    Tag,
    Ticket,
    TicketEvent,
)
from ticketing.queries.search import find_tickets
from ticketing.queries.tickets import visible_tickets

NEWEST_FIRST = ("-number",)
CHANGED_LAST = ("last_position", "id")  # what changes while somebody reads moves to the end: nothing is skipped
_CLOCK_SLACK = timedelta(seconds=10)  # events of side-by-side transactions are not in the order of their moments
_EPOCH_YEAR = 1971


def api_tickets(actor: Integration) -> QuerySet[Ticket]:
    """The tickets the integration may see, loaded for the API."""
    return _loaded(visible_tickets(actor), actor=actor)


def api_ticket(number: int, *, actor: Integration) -> Ticket | None:
    """The ticket, also one that was merged into another; loaded for the API."""
    tickets: QuerySet[Ticket] = Ticket.objects.filter(organization_id=actor.organization_id, number=number)
    return _loaded(tickets, actor=actor).first()


def filtered(tickets: QuerySet[Ticket], asked: dict[str, Any], *, actor: Integration) -> QuerySet[Ticket]:
    """Those that fit everything that was asked for; see TicketQuery for the words."""
    conditions = Q()
    for name, lookup in _LOOKUPS.items():
        if name in asked:
            conditions &= Q(**{lookup: asked[name]})
    if "contact" in asked:
        owners = ContactAddress.objects.filter(address=asked["contact"].strip().lower())
        conditions &= Q(requester__in=owners.values("contact"))
    if "external_id" in asked:
        references = ExternalReference.objects.filter(integration=actor, external_id=asked["external_id"])
        conditions &= Q(pk__in=references.values("ticket"))
    if "updated_since" in asked:
        conditions &= Q(last_position__gt=position_at(asked["updated_since"]))
    found = tickets.filter(conditions)
    return find_tickets(asked["search"], among=found) if asked.get("search") else found


_LOOKUPS = {
    "status": "status__in",
    "assignee": "assignee_id",
    "team": "team_id",
    "mailbox": "mailbox_id",
    "priority": "priority",
    "is_spam": "is_spam",
    "tag": "taggings__tag__name",
    "since_version": "last_position__gt",
}


def position_at(moment: datetime) -> int:
    """An event position before which nothing happened at or after the moment; rather some events too early."""
    if moment.year < _EPOCH_YEAR:
        return 0
    earlier = TicketEvent.objects.filter(at__lt=moment - _CLOCK_SLACK).order_by("-position")
    return earlier.values_list("position", flat=True).first() or 0


def api_messages(ticket: Ticket) -> QuerySet[Message]:
    """The messages of the ticket, loaded for the API."""
    messages: QuerySet[Message] = Message.objects.filter(ticket=ticket)
    loaded = messages.select_related("author__user", "integration", "contact", "outbox")
    return loaded.prefetch_related("recipients", "attachments", "outbox__recipients")


def _loaded(tickets: QuerySet[Ticket], *, actor: Integration) -> QuerySet[Ticket]:
    own = ExternalReference.objects.filter(integration=actor)
    return tickets.select_related(
        "requester__company", "assignee__user", "team", "category", "company", "mailbox", "merged_into"
    ).prefetch_related(
        Prefetch("tags", queryset=Tag.objects.order_by("name"), to_attr="api_tags"),
        "requester__addresses",
        Prefetch("external_references", queryset=own, to_attr="own_references"),
    )
