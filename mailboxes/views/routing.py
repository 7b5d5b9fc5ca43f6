"""The last step of setting up a mailbox, where its tickets go; and what can be done next once it is finished."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect
from mailboxes.forms.kinds import filled_form
from mailboxes.forms.routing import RoutingForm
from mailboxes.models import Mailbox
from mailboxes.next_message import existing_words, next_message
from mailboxes.services.push.push_addresses import forwarding_address, web_address
from mailboxes.services.setup.drafts import NoDraft, finish_draft
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.routing import choose_routing
from mailboxes.views.drafts import around, of_draft, to_step
from mailboxes.views.end_to_end import end_to_end_context
from mailboxes.views.lookup import mailbox_or_404
from mailboxes.views.together import join_more, together
from mailboxes.wizard import Step, is_connected, stands_at

NOT_YET = "not-yet"  # what the button says that finishes a mailbox and does not start it


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def setup_routing(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """Where new tickets go; sent, the mailbox is finished. The part says what the next message will become."""
    if not is_connected(draft):
        return to_step(request, Step.SIGN_IN, draft)
    form = RoutingForm(_sent(request), mailbox=draft)
    if request.method == "POST" and form.is_valid():
        finished = _finished(request, draft, form)
        if finished is not None:
            return finished
    context = around(request, Step.ROUTING, draft) | {"form": form, "next_message": _preview(draft, form)}
    context["existing_words"] = existing_words(draft)
    parts = ("mailboxes/setup_routing.html", "mailboxes/_next_message.html")
    return page_or_part(request, *parts, context, status=422 if request.method == "POST" else 200)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def mailbox_connected(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What can be done next with a mailbox that was just finished; and its end-to-end test."""
    mailbox = mailbox_or_404(mailbox_id)
    if mailbox.is_draft:
        return to_step(request, stands_at(mailbox), mailbox)
    return render(request, "mailboxes/connected.html", together(mailbox) | end_to_end_context(mailbox))


def _sent(request: OrganizationRequest) -> Any:
    """What was chosen: to be kept, or to be shown what comes of it."""
    if request.method == "POST":
        return request.POST
    return request.GET if "ticket_priority" in request.GET else None


def _preview(draft: Mailbox, form: RoutingForm) -> object:
    if form.is_bound and form.is_valid():
        for name, value in form.cleaned_data.items():
            setattr(draft, name, value)
    return next_message(draft)


def _finished(request: OrganizationRequest, draft: Mailbox, form: RoutingForm) -> HttpResponse | None:
    """The way on from a mailbox that is finished now, and those that share its connection; None if it cannot be."""
    starts = request.POST.get("then") != NOT_YET
    try:
        choose_routing(draft, form.to_routing(), actor=request.membership)
        more = _more(draft, is_enabled=starts)
        token = finish_draft(draft, starts=starts, actor=request.membership)
    except NoDraft:
        raise
    except DomainError as refused:
        form.add_error(None, refused.sentence)
        return None
    join_more(request, draft, more)
    if token:  # not after a redirect: the secret would have to be kept somewhere for it
        context = {"mailbox": draft, "post_address": web_address(token), "is_new": True}
        return render(request, "mailboxes/push_address.html", context | {"forwarding": forwarding_address(draft)})
    return redirect(request, "mailbox_connected", slug=request.organization.slug, mailbox_id=draft.pk)


def _more(draft: Mailbox, *, is_enabled: bool) -> list[MailboxInput]:
    """Further mailboxes of the same account, with the settings of this one."""
    if not draft.setup.get("more"):
        return []
    form = filled_form(draft)
    return form.inputs_of_more(is_enabled=is_enabled) if form.is_valid() else []
