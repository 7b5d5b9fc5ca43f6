"""A ticket and a message as calls tell them: as the REST API shows them. Loads what one event needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from helpdesk.accounts.models import Company
from ticketing.models import Attachment, ExternalReference, Integration, Message, MessageKind, Ticket
from ticketing.models.message import ADDED
from ticketing.queries.field_files import with_urls

MAX_FILE_BYTES = 3 * 1024 * 1024  # of one message; as Base64 a third more


def ticket_data(ticket: Ticket, *, integration: Integration) -> dict[str, Any]:
    """The ticket as it is now; `external_id` is the id that the integration knows it by."""
    reference = ExternalReference.objects.filter(integration=integration, ticket=ticket).first()
    addresses = ticket.requester.addresses.order_by("id").values_list("address", flat=True)
    mailbox = ticket.mailbox
    return {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "is_spam": ticket.is_spam,
        "contact": {
            "id": ticket.requester.pk,
            "name": ticket.requester.name,
            "addresses": list(addresses),
            "company": _company(ticket.requester.company),
        },
        "mailbox": {"id": mailbox.pk, "name": mailbox.name, "address": mailbox.address} if mailbox else None,
        "team": {"id": ticket.team.pk, "name": ticket.team.name} if ticket.team else None,
        "assignee": {"id": ticket.assignee.pk, "name": str(ticket.assignee)} if ticket.assignee else None,
        "category": {"id": ticket.category.pk, "path": ticket.category.path} if ticket.category else None,
        "company": _company(ticket.company),
        "tags": list(ticket.tags.order_by("name").values_list("name", flat=True)),
        "fields": with_urls(ticket.fields, base=settings.BASE_URL),
        "external_id": reference.external_id if reference is not None else None,
        "merged_into": ticket.merged_into.number if ticket.merged_into else None,
        "needs_reply": ticket.needs_reply,
        "has_attachments": ticket.has_attachments,
        "message_count": ticket.message_count,
        "created_at": moment(ticket.created_at),
        "active_at": moment(ticket.active_at),
        "solved_at": moment(ticket.solved_at),
        "closed_at": moment(ticket.closed_at),
        "version": ticket.last_position,
    }


def message_data(message: Message) -> dict[str, Any]:
    """The message with the people of its headers and files; who got a blind copy is nobody else's business."""
    recipients = message.recipients.exclude(header__in=["bcc", ADDED]).order_by("id")
    return {
        "id": message.pk,
        "kind": message.kind,
        "version": message.position,
        "subject": message.subject,
        "from_name": message.from_name or str(message.author or ""),
        "from_address": message.from_address,
        "message_id": message.message_id,
        "recipients": [{"header": row.header, "name": row.name, "address": row.address} for row in recipients],
        "written_by": _writer(message),
        "text": message.text,
        "html": message.html,
        "is_automatic": message.is_automatic,
        "created_at": moment(message.created_at),
        "claimed_at": moment(message.claimed_at),
        "attachments": [_file(file) for file in message.attachments.order_by("id")],
    }


def small_files(message: Message, *, named: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """What is said of each file that goes along, with where its bytes lie; the first ones, MAX_FILE_BYTES together."""
    keys = dict(message.attachments.exclude(blob=None).values_list("public_id", "blob__storage_key"))
    going: list[tuple[dict[str, Any], str]] = []
    left = MAX_FILE_BYTES
    for each in named:
        key = keys.get(UUID(each["id"]))
        if key is not None and each["size_bytes"] <= left:
            left -= each["size_bytes"]
            going.append((each, key))
    return going


def moment(at: datetime | None) -> str | None:
    """A moment as it stands in payloads: UTC, to the microsecond."""
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _company(company: Company | None) -> dict[str, Any] | None:
    return {"id": company.pk, "name": company.name} if company is not None else None


def _writer(message: Message) -> dict[str, Any]:
    if message.author is not None:
        return {"type": "agent", "id": message.author.pk, "name": str(message.author)}
    if message.integration is not None and message.kind != MessageKind.INBOUND:
        return {"type": "integration", "id": message.integration.pk, "name": message.integration.name}
    if message.contact is not None:
        return {"type": "contact", "id": message.contact.pk, "name": message.contact.name}
    return {"type": "system", "id": None, "name": message.from_name}


def _file(file: Attachment) -> dict[str, Any]:
    """A token of the integration gets the bytes at `url`."""
    url = f"{settings.BASE_URL}/api/v1/attachments/{file.public_id}/" if file.blob_id is not None else None
    return {
        "id": str(file.public_id),
        "filename": file.filename,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
        "is_inline": file.is_inline,
        "content_id": file.content_id,
        "url": url,
    }
