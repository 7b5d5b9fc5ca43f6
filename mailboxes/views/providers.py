"""The first step of connecting a mailbox: its address, and where it is hosted."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect as go
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from mailboxes.forms.providers import ProviderForm
from mailboxes.providers import card_named, offered_cards
from mailboxes.wizard import Step, first_wizard


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def choose_provider(request: OrganizationRequest) -> HttpResponse:
    """The cards; with an address and a card chosen, on to its page. Nothing is stored yet."""
    is_back = "back" in request.GET  # from the second step: the choice is shown, not followed
    form = ProviderForm(None if is_back else request.GET or None, initial=request.GET.dict() if is_back else None)
    if form.is_valid():
        card = card_named(form.cleaned_data["provider"])
        assert card is not None  # the form knows no other
        return go(card.url(slug=request.organization.slug, address=form.cleaned_data["address"]))
    cards = offered_cards()
    context = {"form": form, "cards": cards, "chosen": form["provider"].value() or cards[0].key}
    context["wizard"] = first_wizard(Step.PROVIDER, slug=request.organization.slug)
    return render(request, "mailboxes/providers.html", context, status=422 if form.errors else 200)
