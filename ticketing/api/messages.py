"""The messages of a ticket, and the bytes of their files."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ticketing.api import found, writing
from ticketing.api.asked import MessageAsked
from ticketing.api.base import ApiView, in_scope, in_transaction
from ticketing.api.documents import IDEMPOTENT, MATCHES, pages_of, problems
from ticketing.api.paging import PageQuery, page_response
from ticketing.api.parsing import body_of, query_of
from ticketing.api.shown import MessageShown
from ticketing.models import Attachment
from ticketing.queries.api_tickets import api_messages
from ticketing.views.attachments import file_response

IN_ORDER = ("position", "id")


class Messages(ApiView):
    """The messages of one ticket."""

    @extend_schema(
        operation_id="list_messages",
        summary="List the messages of a ticket",
        parameters=[PageQuery],
        responses={200: pages_of(MessageShown), **problems(404, 422)},
    )
    @in_scope
    def get(self, request: Request, number: int) -> Response:
        """The oldest first."""
        messages = api_messages(found.ticket_or_404(request, number))
        context = {"request": request}
        return page_response(
            request,
            messages,
            asked=query_of(request, PageQuery),
            order_by=IN_ORDER,
            shown=lambda rows: MessageShown(rows, many=True, context=context).data,
        )

    @extend_schema(
        operation_id="create_message",
        summary="Answer, write a note, or bring in what the contact said",
        parameters=[IDEMPOTENT, MATCHES],
        request=MessageAsked,
        responses={201: MessageShown, **problems(404, 409, 412, 422)},
    )
    @in_transaction
    def post(self, request: Request, number: int) -> Response:
        """201 with the message. An outbound one is in the outbox: `delivery` says how it fares."""
        ticket = found.ticket_to_change(request, number)
        message = writing.add_message(ticket, body_of(request, MessageAsked), integration=request.user)
        shown = api_messages(ticket).get(pk=message.pk)
        location = f"/api/v1/tickets/{number}/messages/{message.pk}/"
        return Response(
            MessageShown(shown, context={"request": request}).data, status=201, headers={"Location": location}
        )


class OneMessage(ApiView):
    """One message."""

    @extend_schema(
        operation_id="read_message", summary="Read a message", responses={200: MessageShown, **problems(404)}
    )
    @in_scope
    def get(self, request: Request, number: int, message_id: int) -> Response:
        """The message, with how it is delivered."""
        ticket = found.ticket_or_404(request, number)
        message = api_messages(ticket).filter(pk=message_id).first() if message_id < 2**63 else None
        if message is None:
            raise Http404
        return Response(MessageShown(message, context={"request": request}).data)


class AttachmentBytes(ApiView):
    """The bytes of a file."""

    @extend_schema(
        operation_id="download_attachment",
        summary="Download a file of a message",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, **problems(404)},
    )
    @in_scope
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponseBase:
        """The bytes, to save."""
        del request
        files: Any = Attachment.objects.filter(public_id=public_id).exclude(message=None).select_related("blob")
        file: Attachment | None = files.first()
        if file is None or file.blob is None:
            raise Http404
        return file_response(file, key=file.blob.storage_key, is_shown=False)
