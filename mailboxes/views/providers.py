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


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def choose_provider(request: OrganizationRequest) -> HttpResponse:
    """The cards; with an address and a card chosen, on to its page. Nothing is stored yet."""
    form = ProviderForm(request.GET or None)
    if form.is_valid():
        card = card_named(form.cleaned_data["provider"])
        assert card is not None  # the form knows no other
        return go(card.url(slug=request.organization.slug, address=form.cleaned_data["address"]))
    cards = offered_cards()
    context = {"form": form, "step": 1, "cards": cards, "chosen": form["provider"].value() or cards[0].key}
    return render(request, "mailboxes/providers.html", context, status=422 if form.errors else 200)
