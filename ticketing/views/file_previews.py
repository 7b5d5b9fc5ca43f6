"""The page that shows what an attached mail or calendar file says, for whoever may see its ticket."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import Attachment
from ticketing.queries.file_previews import MAIL_TYPES, calendar_preview, can_be_shown, mail_preview
from ticketing.views.ticket import visible_ticket


@require_safe
@requires(Capability.VIEW_TICKETS)
@opens_scope_itself
def file_preview(request: OrganizationRequest, number: int, public_id: uuid.UUID) -> HttpResponse:
    """The file as words; 404 for what has no preview. It is read while no transaction waits."""
    with organization_scope(request.organization.pk):
        file = _file_or_404(request, number, public_id)
    content = _content(file)
    is_mail = file.content_type in MAIL_TYPES
    shown = mail_preview(content) if is_mail else calendar_preview(content)
    context: dict[str, Any] = {"file": file, "message": file.message, "mail": shown if is_mail else None}
    with organization_scope(request.organization.pk):
        context |= {"ticket": visible_ticket(number, request.membership), "calendar": None if is_mail else shown}
        return render(request, "ticketing/file_preview.html", context)


def _file_or_404(request: OrganizationRequest, number: int, public_id: uuid.UUID) -> Attachment:
    ticket = visible_ticket(number, request.membership)
    attachments = Attachment.objects.select_related("blob", "message").filter(message__ticket=ticket)
    file: Attachment | None = attachments.filter(public_id=public_id).first()
    if file is None or not can_be_shown(file):
        raise Http404
    return file


def _content(file: Attachment) -> bytes:
    try:
        return files.read(file.blob.storage_key) if file.blob is not None else b""
    except FileNotFoundError as error:
        raise Http404 from error
