"""The end-to-end test of a mailbox: started, and followed as far as it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from mailboxes.end_to_end_words import headline_of, legs_of, result_of
from mailboxes.models import Mailbox
from mailboxes.queries.end_to_end import Standing, last_test
from mailboxes.services.sending.end_to_end import refuse_what_cannot_arrive, start_end_to_end
from mailboxes.services.sending.outgoing_servers import server_for
from mailboxes.views.connection_test import is_allowed
from mailboxes.views.lookup import mailbox_or_404

_EVERY_S = {Standing.RUNNING: 1, Standing.LATE: 15}  # between two looks
_PARTS = ("mailboxes/end_to_end.html", "mailboxes/_end_to_end.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def end_to_end(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The latest test of the mailbox, whoever started it; sent, one is under way."""
    mailbox = mailbox_or_404(mailbox_id)
    if mailbox.is_draft:  # nothing is sent before it is finished
        return redirect(request, "set_up_mailbox", slug=request.organization.slug, mailbox_id=mailbox.pk)
    refused = _start(request, mailbox) if request.method == "POST" else ""
    if request.method == "POST" and not refused and not wants_part(request):
        return redirect(request, "end_to_end", slug=request.organization.slug, mailbox_id=mailbox.pk)
    context = end_to_end_context(mailbox) | {"mailbox": mailbox, "refused": refused}
    if request.GET.get("seen") and request.GET["seen"] == context.get("seen"):
        return HttpResponse(status=204)  # nothing new, nothing swapped
    return page_or_part(request, *_PARTS, context, status=422 if refused else 200)


def end_to_end_context(mailbox: Mailbox) -> dict[str, Any]:
    """What the part shows: the latest test, and whether another can begin."""
    server = server_for(mailbox)
    context: dict[str, Any] = {"leaves_through": server, "obstacle": _obstacle(mailbox)}
    progress = last_test(mailbox)
    if progress is None:
        return context
    every_s = _EVERY_S.get(progress.standing, 0) if progress.is_watched else 0
    context |= {"test": progress.test, "every_s": every_s, "seen": progress.mark if every_s else ""}
    return context | {"headline": headline_of(progress), "legs": legs_of(progress), "result": result_of(progress)}


def _start(request: OrganizationRequest, mailbox: Mailbox) -> str:
    """The test is under way; else why not."""
    if not is_allowed(request.membership):
        return _("That were many tests in a minute. Wait a moment, then test again.")
    try:
        start_end_to_end(mailbox, actor=request.membership, by_hand=request.POST.get("way") == "hand")
    except DomainError as refused:
        return refused.sentence
    return ""


def _obstacle(mailbox: Mailbox) -> str:
    try:
        refuse_what_cannot_arrive(mailbox, server=server_for(mailbox))
    except DomainError as refused:
        return refused.sentence
    return ""
