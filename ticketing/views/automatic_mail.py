"""What becomes of automatic mail, for the whole organization."""

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
from ticketing.forms.automatic_mail import AutomaticMailForm
from ticketing.services.automatic_mail import automatic_rules, set_automatic_rules


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def automatic_mail(request: OrganizationRequest) -> HttpResponse:
    """The choices for each class; posted, they hold from the next mail on."""
    if request.method != "POST":
        return _page(request, AutomaticMailForm.of(automatic_rules()))
    form = AutomaticMailForm(request.POST)
    if form.is_valid():
        try:
            set_automatic_rules(form.to_input(), actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            toast_on_next_page(request, _("Saved. It holds from the next mail on."))
            return redirect(request, "automatic_mail", slug=request.organization.slug)
    return _page(request, form, status=422)


def _page(request: OrganizationRequest, form: AutomaticMailForm, *, status: int = 200) -> HttpResponse:
    return render(request, "ticketing/automatic_mail.html", {"form": form, "classes": form.classes()}, status=status)
