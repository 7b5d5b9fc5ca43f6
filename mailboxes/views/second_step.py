"""Signing in to a new mailbox, the second step: what the pages of all kinds have in common.

What was sent is a draft from then on: whole, or, to be finished later, as far as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from helpdesk.accounts.access import OrganizationRequest
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.providers import name_of
from mailboxes.models import Mailbox
from mailboxes.providers import CARDS, Card, card_named
from mailboxes.services.setup import drafts
from mailboxes.views.draft_tests import begin_test
from mailboxes.views.drafts import LATER, leave, to_step
from mailboxes.wizard import LAYOUT, Step, Wizard, first_wizard, is_connected, is_read, wizard_of

P = ParamSpec("P")
MAX_KEPT_CHARS = 4000  # of one field
_DRAFT = re.compile("[0-9]{1,18}")
_SAME_FIELD = {"address_taken": "address", "cleartext": "security"}


@dataclass(frozen=True)
class SecondStep:
    """A mailbox that is about to be connected."""

    request: OrganizationRequest
    card: Card
    stub: Mailbox | None  # what was kept of it before

    def known(self, *names: str) -> dict[str, Any]:
        """What the form begins with: what was kept, else what the step before said."""
        said = {name: self.request.GET[name][:320] for name in names if name in self.request.GET}
        if self.stub is not None:
            said["address"] = self.stub.address
        if "address" in said:
            said["name"] = name_of(said["address"])
        return said | (self.stub.setup.get("entered", {}) if self.stub else {})

    def answer(
        self,
        form: forms.Form,
        *,
        create: Callable[[], Mailbox],
        page: str,
        fields: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HttpResponse:
        """The form; once it was sent, the way on. fields: where a refusal of this code is said, if not at its name."""
        if self.request.method == "POST":
            saved = self._saved(form, create, fields or {}) if form.is_valid() else self._kept(form)
            if saved is not None:
                return saved
        context |= {"form": form, "layout": LAYOUT, "form_url": self.request.get_full_path()}
        draft_id = self.stub.pk if self.stub else ""
        context |= {"wizard": self._wizard(form), "draft_id": draft_id}
        context["with_draft"] = f"&draft={draft_id}" if draft_id else ""
        return render(self.request, page, context, status=422 if form.errors else 200)

    def _wizard(self, form: forms.Form) -> Wizard:
        slug = self.request.organization.slug
        if self.stub is not None:
            return wizard_of(Step.SIGN_IN, self.stub, slug=slug)
        return first_wizard(Step.SIGN_IN, slug=slug, card=self.card, address=str(form["address"].value() or ""))

    def _saved(self, form: forms.Form, create: Callable[[], Mailbox], fields: Mapping[str, str]) -> HttpResponse | None:
        more = form.more() if hasattr(form, "more") else []
        try:
            address = form.cleaned_data["address"]
            mailbox = drafts.begin_draft(create, card=self.card.key, address=address, more=more, stub=self.stub)
        except DomainError as refused:
            say(form, refused, fields=fields)
            return None
        return onward(self.request, mailbox)

    def _kept(self, form: forms.Form) -> HttpResponse | None:
        """What is not complete is kept only if it is to be finished later, and has an address to find it by."""
        if self.request.POST.get("then") != LATER or "address" in form.errors:
            return None
        address = form.cleaned_data["address"]
        name = form.cleaned_data.get("name") or name_of(address)
        stub = drafts.Stub(self.card.key, self.card.kind, name, address, entered=_entered(form))
        try:
            kept = drafts.keep_stub(stub, stub=self.stub, actor=self.request.membership)
        except DomainError as refused:
            say(form, refused, fields={})
            return None
        words = _("%(name)s is kept, to be finished later. Passwords and secrets were not kept: type them in then.")
        toast_on_next_page(self.request, words % {"name": kept.name})
        return redirect(self.request, "mailboxes", slug=self.request.organization.slug)


def second_step(
    view: Callable[Concatenate[OrganizationRequest, SecondStep, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """The view is given what is known of the mailbox; one that somebody finished or deleted meanwhile is said to be."""

    @wraps(view)
    def wrapper(request: OrganizationRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        given = request.GET.get("draft", "")
        stub = _stub(given) if given else None
        if given and stub is None:
            toast_on_next_page(request, _("This mailbox was set up or deleted meanwhile."), tone="info")
            return redirect(request, "mailboxes", slug=request.organization.slug)
        return view(request, SecondStep(request, _card(request), stub), *args, **kwargs)

    return wrapper


def onward(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """A draft whose second step was sent: to the list if it is to be finished later, else to the step that follows."""
    if request.POST.get("then") == LATER:
        return leave(request, draft)
    draft = Mailbox.objects.select_related("connection__grant").get(pk=draft.pk)
    if not is_connected(draft):
        return to_step(request, Step.SIGN_IN, draft)
    if not is_read(draft):
        return to_step(request, Step.ROUTING, draft)
    begin_test(request, draft, sends_test_mail=request.POST.get("sends_test_mail") == "on")
    return to_step(request, Step.TEST, draft)


def say(form: forms.Form, refused: DomainError, *, fields: Mapping[str, str]) -> None:
    """The refusal stands at its field, or above the form."""
    field = fields.get(refused.code) or _SAME_FIELD.get(refused.code, refused.code)
    form.add_error(field if field in form.fields else None, refused.sentence)


def _card(request: OrganizationRequest) -> Card:
    """The card that was chosen; else the one that leads to this page by itself."""
    match = request.resolver_match
    here = (match.url_name, match.kwargs.get("provider", "")) if match else ("", "")
    chosen = card_named(request.GET.get("card", ""))
    if chosen is not None and (chosen.view, chosen.sign_in_at) == here:
        return chosen
    card = next((each for each in CARDS if (each.view, each.sign_in_at) == here and each.is_plain), None)
    if card is None:
        raise Http404
    return card


def _stub(given: str) -> Mailbox | None:
    if not _DRAFT.fullmatch(given):
        return None
    rows = Mailbox.objects.select_related("connection")
    found: Mailbox | None = rows.filter(pk=int(given), is_draft=True, deleted_at=None).first()
    return found if found is not None and drafts.is_stub(found) else None


def _entered(form: forms.Form) -> dict[str, str]:
    plain = [name for name, field in form.fields.items() if not isinstance(field.widget, forms.PasswordInput)]
    return {name: str(form.data.get(name, ""))[:MAX_KEPT_CHARS] for name in plain}
