"""Mailboxes that mail is brought to: adding one, changing it, and giving it other addresses."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.push import PushForm
from mailboxes.models import Mailbox
from mailboxes.queries.mailbox_list import states_of
from mailboxes.services.push import push_addresses
from mailboxes.services.setup import mailboxes
from mailboxes.services.setup.drafts import change_draft, is_stub
from mailboxes.views.drafts import around, to_step
from mailboxes.views.lookup import mailbox_or_404
from mailboxes.views.second_step import SecondStep, onward, say, second_step
from mailboxes.wizard import Step


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@second_step
def add_push_mailbox(request: OrganizationRequest, step: SecondStep) -> HttpResponse:
    """The form; sent, the mailbox is a draft. It has its addresses once it is finished."""
    form = PushForm(request.POST or None, initial=step.known("address"))
    return step.answer(form, create=lambda: _created(form, actor=request.membership), page="mailboxes/push_form.html")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def edit_push_mailbox(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The form with what is stored, and the addresses but for the secret; of a draft it is the second step."""
    mailbox = _push_mailbox_or_404(mailbox_id)
    if is_stub(mailbox):
        return to_step(request, Step.SIGN_IN, mailbox)
    form = PushForm(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        changed = _changed(request, mailbox, form)
        if changed is not None:
            return changed
    context = {"form": form, "mailbox": mailbox, "state": states_of([mailbox])[0]}
    context["forwarding"] = push_addresses.forwarding_address(mailbox)
    context |= around(request, Step.SIGN_IN, mailbox) if mailbox.is_draft else {}
    return render(request, "mailboxes/push_form.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@requires(Capability.MANAGE_CHANNELS)
def renew_push_address(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """Another secret address, shown this once; the old one has ended."""
    mailbox = _push_mailbox_or_404(mailbox_id, is_draft=False)
    token = push_addresses.renew_secret(mailbox, actor=request.membership)
    return _shown_once(request, mailbox, token)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def renew_forwarding(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """Another forwarding address; the old one has ended. Back to the mailbox, which shows it."""
    mailbox = _push_mailbox_or_404(mailbox_id, is_draft=False)
    push_addresses.renew_name(mailbox, actor=request.membership)
    toast_on_next_page(request, _("%(name)s has another forwarding address.") % {"name": mailbox.name})
    return redirect(request, "edit_push_mailbox", slug=request.organization.slug, mailbox_id=mailbox.pk)


def _shown_once(request: OrganizationRequest, mailbox: Mailbox, token: str) -> HttpResponse:
    """Not after a redirect: the secret would have to be kept somewhere for it."""
    context = {"mailbox": mailbox, "post_address": push_addresses.web_address(token), "is_new": False}
    context["forwarding"] = push_addresses.forwarding_address(mailbox)
    return render(request, "mailboxes/push_address.html", context)


def _created(form: PushForm, *, actor: Membership) -> Mailbox:
    return mailboxes.create_mailbox(replace(form.to_input(), is_draft=True), actor=actor)


def _changed(request: OrganizationRequest, mailbox: Mailbox, form: PushForm) -> HttpResponse | None:
    """The way on from what was saved; None if it is refused, which stands in the form."""
    try:
        if mailbox.is_draft:
            change_draft(mailbox, form.to_input(), actor=request.membership)
            return onward(request, mailbox)
        mailboxes.update_mailbox(mailbox, form.to_input(), actor=request.membership)
    except DomainError as refused:
        say(form, refused, fields={})
        return None
    toast_on_next_page(request, _("%(name)s is saved.") % {"name": mailbox.name})
    return redirect(request, "mailboxes", slug=request.organization.slug)


def _push_mailbox_or_404(mailbox_id: int, *, is_draft: bool | None = None) -> Mailbox:
    """A draft has no addresses yet. is_draft None: whether it is one plays no part."""
    mailbox = mailbox_or_404(mailbox_id)
    if mailboxes.is_polled(mailbox) or is_draft not in (None, mailbox.is_draft):
        raise Http404
    return mailbox
