"""Mailboxes that mail is brought to: adding one, changing it, and giving it other addresses."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.push import PushForm
from mailboxes.models import Mailbox
from mailboxes.queries.mailbox_list import states_of
from mailboxes.services.push import push_addresses
from mailboxes.services.push.push_mailboxes import create_push_mailbox
from mailboxes.services.setup import mailboxes
from mailboxes.views.mailboxes import mailbox_or_404

_FORM_FIELDS = {"address_taken": "address"}


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def add_push_mailbox(request: OrganizationRequest) -> HttpResponse:
    """The form; saved, the page that shows the secret address this once."""
    known = {name: request.GET.get(name, "")[:320] for name in ("address",)}
    form = PushForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            mailbox, token = create_push_mailbox(form.to_input(), actor=request.membership)
        except DomainError as refused:
            _say(form, refused)
        else:
            return _shown_once(request, mailbox, token, is_new=True)
    return render(request, "mailboxes/push_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def edit_push_mailbox(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The form with what is stored, and the addresses but for the secret."""
    mailbox = _push_mailbox_or_404(mailbox_id)
    form = PushForm(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        try:
            mailboxes.update_mailbox(mailbox, form.to_input(), actor=request.membership)
        except DomainError as refused:
            _say(form, refused)
        else:
            toast_on_next_page(request, _("%(name)s is saved.") % {"name": mailbox.name})
            return redirect(request, "mailboxes", slug=request.organization.slug)
    context = {"form": form, "mailbox": mailbox, "state": states_of([mailbox])[0]}
    context["forwarding"] = push_addresses.forwarding_address(mailbox)
    return render(request, "mailboxes/push_form.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@requires(Capability.MANAGE_CHANNELS)
def renew_push_address(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """Another secret address, shown this once; the old one has ended."""
    mailbox = _push_mailbox_or_404(mailbox_id)
    token = push_addresses.renew_secret(mailbox, actor=request.membership)
    return _shown_once(request, mailbox, token, is_new=False)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def renew_forwarding(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """Another forwarding address; the old one has ended. Back to the mailbox, which shows it."""
    mailbox = _push_mailbox_or_404(mailbox_id)
    push_addresses.renew_name(mailbox, actor=request.membership)
    toast_on_next_page(request, _("%(name)s has another forwarding address.") % {"name": mailbox.name})
    return redirect(request, "edit_push_mailbox", slug=request.organization.slug, mailbox_id=mailbox.pk)


def _shown_once(request: OrganizationRequest, mailbox: Mailbox, token: str, *, is_new: bool) -> HttpResponse:
    """Not after a redirect: the secret would have to be kept somewhere for it."""
    context = {"mailbox": mailbox, "post_address": push_addresses.web_address(token), "is_new": is_new}
    context["forwarding"] = push_addresses.forwarding_address(mailbox)
    return render(request, "mailboxes/push_address.html", context)


def _push_mailbox_or_404(mailbox_id: int) -> Mailbox:
    mailbox = mailbox_or_404(mailbox_id)
    if mailboxes.is_polled(mailbox):
        raise Http404
    return mailbox


def _say(form: PushForm, refused: DomainError) -> None:
    field = _FORM_FIELDS.get(refused.code, refused.code)
    form.add_error(field if field in form.fields else None, refused.sentence)
