"""Whether what people send from a mailbox's account with a mail program is read as well."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.services.setup.sent_items import (
    can_read_sent,
    find_sent_folder,
    inbox_of,
    read_sent,
    sent_reader_of,
    stop_reading_sent,
)
from mailboxes.views.lookup import mailbox_or_404


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def sent_items(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What reads the sent mail, with the button that switches it; of what reads it, whose it is."""
    mailbox = mailbox_or_404(mailbox_id)
    context = {
        "mailbox": mailbox,
        "reader": sent_reader_of(mailbox),
        "inbox": inbox_of(mailbox) if mailbox.holds_sent else None,
        "can_be_read": can_read_sent(mailbox),
    }
    return render(request, "mailboxes/sent_items.html", context)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@opens_scope_itself
def switch_sent_items(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """Sent mail is read or not, as `wanted` says; the page tells, or says why not."""
    with organization_scope(request.organization.pk):
        mailbox = mailbox_or_404(mailbox_id)
    try:
        said = _begun(request, mailbox) if request.POST.get("wanted") == "on" else _ended(request, mailbox)
        toast_on_next_page(request, said)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    return redirect(request, "sent_items", slug=request.organization.slug, mailbox_id=mailbox.pk)


def _begun(request: OrganizationRequest, mailbox: Mailbox) -> str:
    folder = find_sent_folder(mailbox)
    with organization_scope(request.organization.pk):
        reader = read_sent(mailbox, folder=folder, actor=request.membership)
    return _("What is sent from now on is read from %(folder)s.") % {"folder": reader.folder}


def _ended(request: OrganizationRequest, mailbox: Mailbox) -> str:
    with organization_scope(request.organization.pk):
        stop_reading_sent(mailbox, actor=request.membership)
    return _("Sent mail is read no more. What was brought in stays.")
