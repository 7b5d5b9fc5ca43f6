"""Putting files into a draft, and handing out attachments by signed address to members only."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.middleware import redirect_to_sign_in
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import redirect, wants_part
from ticketing.models import Attachment, DraftMode
from ticketing.queries.files import RASTER_TYPES, VALID_S, file_url, read_signed
from ticketing.services.uploads import add_file, remove_file
from ticketing.views.composer import ticket_address, writable_ticket

# Whatever the bytes are: a browser that opens them here runs nothing and loads nothing.
FILE_POLICY = "sandbox; default-src 'none'"


@require_POST
@requires(Capability.WORK_TICKETS)
def upload(request: OrganizationRequest, number: int, mode: str) -> HttpResponse:
    """The posted `file` is in the draft: gives its chip, or with `inline` the address of the image as JSON."""
    ticket = writable_ticket(request, number)
    file = request.FILES.get("file")
    if file is None or mode not in DraftMode.values:
        return HttpResponseBadRequest("No file was sent.")
    is_inline = "inline" in request.POST
    try:
        added = add_file(
            ticket,
            author=request.membership,
            mode=DraftMode(mode),
            file=file,
            name=file.name or "",
            is_inline=is_inline,
        )
    except DomainError as refused:
        return HttpResponse(refused.sentence, status=422, content_type="text/plain; charset=utf-8")
    if is_inline:
        return JsonResponse({"url": file_url(added, inline=True), "name": added.filename})
    return render(request, "ticketing/_composer_file.html", {"file": added, "ticket": ticket})


@require_POST
@requires(Capability.WORK_TICKETS)
def remove_upload(request: OrganizationRequest, number: int, public_id: uuid.UUID) -> HttpResponse:
    """The file is no longer in the person's draft."""
    ticket = writable_ticket(request, number)
    remove_file(ticket, author=request.membership, public_id=public_id)
    return HttpResponse() if wants_part(request) else redirect(request, ticket_address(request, ticket))


@require_safe
def attachment(request: HttpRequest, signed: str) -> HttpResponseBase:
    """The file, to save; raster images are shown when the address says `?inline`. 404 for who is no member."""
    named = read_signed(signed)
    if not request.user.is_authenticated:
        return redirect_to_sign_in(request)
    if named is None:
        raise Http404
    organization_id, public_id = named
    members = Membership.objects.filter(user_id=request.user.pk, organization_id=organization_id)
    membership = members.first()
    if membership is None or not can(membership, Capability.VIEW_TICKETS):
        raise Http404
    with organization_scope(organization_id):
        found = Attachment.objects.filter(public_id=public_id).select_related("blob", "draft").first()
        if found is None or found.blob is None or not _is_for(membership, found):
            raise Http404
        return file_response(found, key=found.blob.storage_key, is_shown="inline" in request.GET)


def _is_for(membership: Membership, file: Attachment) -> bool:
    """A draft's files are its writer's alone."""
    return file.draft is None or file.draft.membership_id == membership.pk


def file_response(file: Attachment, *, key: str, is_shown: bool) -> FileResponse:
    """The bytes as a stream, harmless in any browser."""
    is_image = file.content_type in RASTER_TYPES
    try:
        stream: Any = default_storage.open(key)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(
        stream,
        as_attachment=not (is_shown and is_image),
        filename=file.filename,
        content_type=file.content_type if is_image else "application/octet-stream",
    )
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"private, max-age={VALID_S}, immutable"
    return response
