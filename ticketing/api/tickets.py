"""Tickets: the list, a new one, one, and changing it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ticketing.api import found, writing
from ticketing.api.asked import TicketAsked, TicketChange, TicketQuery
from ticketing.api.base import ApiView, in_scope, in_transaction
from ticketing.api.documents import IDEMPOTENT, MATCHES, pages_of, problems
from ticketing.api.paging import page_response
from ticketing.api.parsing import body_of, query_of
from ticketing.api.shown import TicketShown
from ticketing.models import Integration
from ticketing.queries.api_tickets import CHANGED_LAST, NEWEST_FIRST, api_tickets, filtered


class Tickets(ApiView):
    """All tickets."""

    @extend_schema(
        operation_id="list_tickets",
        summary="List tickets",
        parameters=[TicketQuery],
        responses={200: pages_of(TicketShown), **problems(422)},
    )
    @in_scope
    def get(self, request: Request) -> Response:
        """Newest first; asked for changes, the last change comes last."""
        asked = query_of(request, TicketQuery)
        if asked.get("is_spam") is None:
            asked.pop("is_spam", None)
        order = CHANGED_LAST if {"updated_since", "since_version"} & set(asked) else NEWEST_FIRST
        actor: Integration = request.user
        tickets = filtered(api_tickets(actor), asked, actor=actor)
        context = {"request": request}
        return page_response(
            request,
            tickets,
            asked=asked,
            order_by=order,
            shown=lambda rows: TicketShown(rows, many=True, context=context).data,
        )

    @extend_schema(
        operation_id="create_ticket",
        summary="Open a ticket",
        parameters=[IDEMPOTENT],
        request=TicketAsked,
        responses={201: TicketShown, 200: TicketShown, **problems(409, 422)},
    )
    @in_transaction
    def post(self, request: Request) -> Response:
        """201 with the new ticket; 200 with the one that has this `external_id` already, as it is."""
        ticket, is_new = writing.create_ticket(body_of(request, TicketAsked), integration=request.user)
        return ticket_response(request, ticket.number, status=201 if is_new else 200)


class OneTicket(ApiView):
    """One ticket."""

    @extend_schema(operation_id="read_ticket", summary="Read a ticket", responses={200: TicketShown, **problems(404)})
    @in_scope
    def get(self, request: Request, number: int) -> Response:
        """The ticket, also one that was merged into another."""
        return ticket_response(request, number)

    @extend_schema(
        operation_id="change_ticket",
        summary="Change a ticket",
        parameters=[MATCHES],
        request=TicketChange,
        responses={200: TicketShown, **problems(404, 409, 412, 422)},
    )
    @in_transaction
    def patch(self, request: Request, number: int) -> Response:
        """All that is asked for is changed, or nothing."""
        ticket = found.ticket_to_change(request, number)
        writing.change_ticket(ticket, body_of(request, TicketChange), integration=request.user)
        return ticket_response(request, number)


def ticket_response(request: Request, number: int, *, status: int = 200) -> Response:
    """The ticket as it is now."""
    ticket = found.ticket_or_404(request, number)
    headers: dict[str, Any] = {"ETag": found.etag_of(ticket)}
    if status == 201:
        headers["Location"] = f"/api/v1/tickets/{number}/"
    return Response(TicketShown(ticket, context={"request": request}).data, status=status, headers=headers)
