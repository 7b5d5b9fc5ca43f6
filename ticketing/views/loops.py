"""Loop protection: what was stopped, letting it in again, and the limits."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.loops import LoopLimitsForm
from ticketing.loop_words import breaker_title
from ticketing.models import FloodScope
from ticketing.queries.breakers import breakers
from ticketing.services.loops import limits, resume, set_limits


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def loops(request: OrganizationRequest) -> HttpResponse:
    """What was stopped, and the limits; posted, they hold from the next mail on."""
    if request.method != "POST":
        return _page(request, LoopLimitsForm.of(limits()))
    form = LoopLimitsForm(request.POST)
    if form.is_valid():
        try:
            set_limits(form.to_input(), actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            toast_on_next_page(request, _("Saved. It holds from the next mail on."))
            return redirect(request, "loops", slug=request.organization.slug)
    return _page(request, form, status=422)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def resume_mail(request: OrganizationRequest, breaker_id: int) -> HttpResponse:
    """Mail of this kind is taken again."""
    try:
        breaker = resume(breaker_id, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence)
    else:
        words = _("Such mail is taken again. What was stopped waits in the inbound log.")
        if FloodScope(breaker.scope).is_of_answers:
            words = _("Such answers go out again. Those that were withheld are not given afterwards.")
        toast_on_next_page(request, words)
    return redirect(request, "loops", slug=request.organization.slug)


def _page(request: OrganizationRequest, form: LoopLimitsForm, *, status: int = 200) -> HttpResponse:
    rows = [(view, breaker_title(view.breaker, mailbox=view.mailbox)) for view in breakers()]
    return render(request, "ticketing/loops.html", {"form": form, "rows": rows}, status=status)
