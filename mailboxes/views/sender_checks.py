"""Test sends from the addresses of a mailbox."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.services.sending.sender_checks import ask_sender_check
from mailboxes.views.lookup import mailbox_or_404


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def check_sender(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """A test mail leaves from the posted address; back to the page of health, which shows what becomes of it."""
    mailbox = mailbox_or_404(mailbox_id)
    if mailbox.is_draft:  # nothing is sent before it is finished
        return redirect(request, "set_up_mailbox", slug=request.organization.slug, mailbox_id=mailbox.pk)
    try:
        check = ask_sender_check(mailbox, address=request.POST.get("address", ""), actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence)
    else:
        toast_on_next_page(request, _("A test mail from %(address)s is on its way.") % {"address": check.address})
    page = reverse("mailbox_health", kwargs={"slug": request.organization.slug, "mailbox_id": mailbox.pk})
    return HttpResponseRedirect(f"{page}#senders")
