"""What of a mailbox's mail is taken for spam by its headers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.spam import SpamForm
from mailboxes.services.setup.spam_switches import set_spam_switches
from mailboxes.views.lookup import mailbox_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mailbox_spam(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The switches; posted, they hold from the next mail on."""
    mailbox = mailbox_or_404(mailbox_id)
    form = SpamForm(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        set_spam_switches(mailbox, form.to_input(), actor=request.membership)
        toast_on_next_page(request, _("Saved. It holds from the next mail on."))
        return redirect(request, "mailbox_spam", slug=request.organization.slug, mailbox_id=mailbox.pk)
    context = {"mailbox": mailbox, "form": form}
    return render(request, "mailboxes/spam.html", context, status=422 if form.errors else 200)
