"""The first step of connecting a mailbox: its address, and where it is hosted. From then on there is a draft."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.providers import ProviderForm
from mailboxes.models import Mailbox
from mailboxes.providers import offered_cards
from mailboxes.services.setup import drafts
from mailboxes.views.drafts import around, of_draft, to_step
from mailboxes.views.second_step import say
from mailboxes.wizard import Step, card_of, first_wizard, stands_at

BEGUN = "mailbox_begun"  # in the session: the draft that was begun there last


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def choose_provider(request: OrganizationRequest) -> HttpResponse:
    """The cards; with an address and a card chosen there is a draft, and on to its page.

    One that was begun in this session, and for which nothing was typed, is begun with again.
    """
    form = ProviderForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        begun = _begun(request, form)
        if begun is not None:
            return begun
    cards = offered_cards()
    context = {"form": form, "cards": cards, "chosen": form["provider"].value() or cards[0].key}
    context["wizard"] = first_wizard(Step.PROVIDER, slug=request.organization.slug)
    return render(request, "mailboxes/providers.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def setup_provider(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """The cards; another one drops what was entered for this one, and begins there with the same address."""
    card = card_of(draft)
    form = ProviderForm(request.POST or None, initial={"address": draft.address, "provider": card.key if card else ""})
    if request.method == "POST" and form.is_valid():
        chosen = _chosen(request, form, draft)
        if chosen is not None:
            return chosen
    context = {"form": form, "cards": offered_cards(), "chosen": form["provider"].value(), "draft": draft}
    context["drops_entries"] = not drafts.is_untouched(draft)
    context |= around(request, Step.PROVIDER, draft)
    return render(request, "mailboxes/providers.html", context, status=422 if form.errors else 200)


def _begun(request: OrganizationRequest, form: ProviderForm) -> HttpResponse | None:
    """The way on from the draft that was begun, or that there is with this address; None if it is refused."""
    there = drafts.draft_of(form.cleaned_data["address"])
    if there is not None and not drafts.is_untouched(there):
        words = _("%(name)s is being set up already. You go on where it stands.") % {"name": there.name}
        toast_on_next_page(request, words, tone="info")
        return to_step(request, stands_at(there), there)
    last = Mailbox.objects.filter(pk=request.session.get(BEGUN), deleted_at=None).select_related("connection").first()
    stub = last if last is not None and drafts.is_untouched(last) else None
    try:
        begun = drafts.keep_stub(form.to_stub(), stub=stub, actor=request.membership)
    except DomainError as refused:
        say(form, refused, fields={})
        return None
    request.session[BEGUN] = begun.pk
    return to_step(request, Step.SIGN_IN, begun)


def _chosen(request: OrganizationRequest, form: ProviderForm, draft: Mailbox) -> HttpResponse | None:
    """The way on from what was chosen for a draft that is there; None if it is refused."""
    data, card = form.to_stub(), card_of(draft)
    is_same = card is not None and data.card == card.key
    if is_same and (not drafts.is_untouched(draft) or data.address.strip().lower() == draft.address):
        return to_step(request, Step.SIGN_IN, draft)
    try:
        begun = drafts.begin_anew(draft, data, actor=request.membership)
    except DomainError as refused:
        say(form, refused, fields={})
        return None
    return to_step(request, Step.SIGN_IN, begun)
