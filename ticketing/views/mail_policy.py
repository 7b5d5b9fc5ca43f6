"""How mail is taken, for the whole organization."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.mail_policy import MailPolicyForm
from ticketing.services.mail_policy import mail_policy as policy
from ticketing.services.mail_policy import set_mail_policy


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mail_policy(request: OrganizationRequest) -> HttpResponse:
    """The choices; posted, they hold from the next mail on."""
    if request.method != "POST":
        return _page(request, MailPolicyForm.of(policy()))
    form = MailPolicyForm(request.POST)
    if form.is_valid():
        try:
            set_mail_policy(form.to_input(kept=policy()), actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            toast_on_next_page(request, _("Saved. It holds from the next mail on."))
            return redirect(request, "mail_policy", slug=request.organization.slug)
    return _page(request, form, status=422)


def _page(request: OrganizationRequest, form: MailPolicyForm, *, status: int = 200) -> HttpResponse:
    return render(request, "ticketing/mail_policy.html", {"form": form}, status=status)
