"""Holding a rule, as it stands in its form, against past mail; how far that is, and what it found."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect, wants_part
from ticketing.forms.rules.draft import RuleDraft
from ticketing.models import RuleTrial
from ticketing.rule_trial_words import trial_view
from ticketing.services.rules.trials import start_trial
from ticketing.views.rules import page, rule_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def rule_trial(request: OrganizationRequest, which: str) -> HttpResponse:
    """Posted, a trial of the form begins; asked for, how far the person's last one is."""
    shown = rule_or_404(which)
    if request.method == "POST":
        draft = RuleDraft.posted(request.POST)
        if not draft.check():
            return page(request, shown=shown, is_new=shown is None, draft=draft, status=422)
        start_trial(shown, draft.rule_input(), actor=request.membership)
        if wants_part(request):
            return page(request, shown=shown, is_new=shown is None, draft=draft)
    if not wants_part(request):
        return redirect(request, "rule", slug=request.organization.slug, which=which)
    trial = RuleTrial.objects.filter(rule=shown, membership=request.membership).first()
    context = {"trial": trial_view(trial) if trial else None, "which": which}
    return render(request, "ticketing/_rule_trial.html", context)
