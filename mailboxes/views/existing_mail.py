"""What becomes of mail that was there before: the folder is counted, and the person asked."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.existing import ExistingMailForm
from mailboxes.models import ExistingMail, Mailbox
from mailboxes.services.setup.counting import folder_count, start_counting
from mailboxes.services.setup.finishing import finish_mailbox
from mailboxes.services.setup.mailboxes import is_polled
from mailboxes.views.mailboxes import mailbox_or_404


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def existing_mail(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The question with the number of messages found; answered, the mailbox begins to be polled."""
    mailbox = _read_mailbox_or_404(mailbox_id)
    form = ExistingMailForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        finish_mailbox(
            mailbox,
            existing_mail=ExistingMail(form.cleaned_data["existing_mail"]),
            start_at=form.start_at(),
            actor=request.membership,
        )
        toast_on_next_page(request, _("%(name)s is connected.") % {"name": mailbox.name})
        return redirect(request, "mailboxes", slug=request.organization.slug)
    start_counting(mailbox)
    context = {"mailbox": mailbox, "form": form, "counted": folder_count(mailbox)}
    return render(request, "mailboxes/existing.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def existing_count(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The heading with the count, as soon as it is known."""
    mailbox = _read_mailbox_or_404(mailbox_id)
    return render(request, "mailboxes/_existing_count.html", {"mailbox": mailbox, "counted": folder_count(mailbox)})


def _read_mailbox_or_404(mailbox_id: int) -> Mailbox:
    """Where mail is brought here there is none from before."""
    mailbox = mailbox_or_404(mailbox_id)
    if not is_polled(mailbox):
        raise Http404
    return mailbox
