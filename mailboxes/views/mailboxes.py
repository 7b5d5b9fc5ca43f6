"""The list of mailboxes, and adding, changing, pausing and deleting one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from helpdesk.web.news import with_news
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from helpdesk.web.toasts import Tone, toast_on_next_page
from mailboxes.forms.any_mailbox import AnyMailboxForm
from mailboxes.forms.kinds import form_for, is_by_app
from mailboxes.forms.mailbox import mailbox_form
from mailboxes.models import ConnectionKind, Mailbox
from mailboxes.queries.mailbox_list import active_mailboxes, failed_count, mailbox_states, states_of
from mailboxes.queries.sender_checks import sender_states
from mailboxes.queries.together import refused_of
from mailboxes.services.sending import primary
from mailboxes.services.setup import mailboxes
from mailboxes.services.setup.drafts import change_draft, is_stub
from mailboxes.services.setup.testing import run_of_draft
from mailboxes.views.connection_test import folders_of, running_test
from mailboxes.views.drafts import around, to_step
from mailboxes.views.lookup import mailbox_or_404
from mailboxes.views.registration import registration_context
from mailboxes.views.second_step import SecondStep, onward, say, second_step
from mailboxes.views.together import join_more
from mailboxes.wizard import Step, stands_at

OK: Tone = "ok"
BAD: Tone = "bad"


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def mailbox_list(request: OrganizationRequest) -> HttpResponse:
    """Every mailbox with its health; the part is polled."""
    states = mailbox_states()
    active = [state for state in states if state.mailbox.is_enabled]
    context = {
        "states": states,
        "active_count": len(active),
        "reachable_count": sum(state.is_reachable for state in active),
        "waiting_count": sum(state.waiting for state in states),
        "received_count": sum(state.received for state in states),
        "failed_count": failed_count(),
        "refused": refused_of([state.mailbox for state in states]),
    }
    response = page_or_part(request, "mailboxes/list.html", "mailboxes/_list.html", context)
    return with_news(request, response) if wants_part(request) else response


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@second_step
def add_mailbox(request: OrganizationRequest, step: SecondStep) -> HttpResponse:
    """The form; sent, the mailbox is a draft that goes on to its test."""
    form = mailbox_form(request.POST or None, mailbox=None, known=request.GET, kept=step.known("address"))
    return step.answer(form, create=lambda: created(form, actor=request.membership), page="mailboxes/form.html")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def edit_mailbox(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The form with what is stored, but for passwords; of a draft it is the second step."""
    mailbox = mailbox_or_404(mailbox_id)
    if is_stub(mailbox) or not mailboxes.is_polled(mailbox):
        return _elsewhere(request, mailbox)
    form = form_for(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        changed = _changed(request, mailbox, form)
        if changed is not None:
            return changed
    is_microsoft = mailbox.connection.kind == ConnectionKind.GRAPH or is_by_app(mailbox)
    context = {"form": form, "mailbox": mailbox, "state": states_of([mailbox])[0], "senders": sender_states(mailbox)}
    context |= registration_context(mailbox) if is_microsoft else {}
    context |= _draft_context(request, mailbox) if mailbox.is_draft else running_test(mailbox)
    page = "mailboxes/microsoft.html" if is_microsoft else "mailboxes/form.html"
    return render(request, page, context, status=422 if form.errors else 200)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def check_mailboxes(request: OrganizationRequest) -> HttpResponse:
    """Every mailbox that is not paused is polled as soon as a worker is free."""
    for mailbox in active_mailboxes():
        mailboxes.ask_poll_now(mailbox)
    toast_on_next_page(request, _("All mailboxes are being checked."))
    return redirect(request, "mailboxes", slug=request.organization.slug)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mailbox_deletion(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What deleting means, and the deletion."""
    mailbox = mailbox_or_404(mailbox_id, with_deleted=request.method == "POST")
    if request.method != "POST":
        return render(request, "mailboxes/deletion.html", {"mailbox": mailbox})
    if mailbox.deleted_at is None:
        mailboxes.delete_mailbox(mailbox, actor=request.membership)
    words = _("%(name)s is deleted.") if mailbox.is_draft else _("%(name)s is deleted. Its tickets stay.")
    toast_on_next_page(request, words % {"name": mailbox.name})
    return redirect(request, "mailboxes", slug=request.organization.slug)


def created(form: AnyMailboxForm, *, actor: Membership) -> Mailbox:
    """The draft that was entered. Raises DomainError."""
    return mailboxes.create_mailbox(replace(form.to_input(is_enabled=False), is_draft=True), actor=actor)


def _changed(request: OrganizationRequest, mailbox: Mailbox, form: AnyMailboxForm) -> HttpResponse | None:
    """The way on from what was saved; None if it is refused, which stands in the form."""
    entered = form.to_input(is_enabled=mailbox.is_enabled)
    try:
        if mailbox.is_draft:
            change_draft(mailbox, entered, more=form.more(), actor=request.membership)
            return onward(request, mailbox)
        mailboxes.update_mailbox(mailbox, entered, actor=request.membership)
    except DomainError as refused:
        say(form, refused, fields={})
        return None
    toast_on_next_page(request, _("%(name)s is saved.") % {"name": mailbox.name})
    if form.more():
        join_more(request, mailbox, form.inputs_of_more(is_enabled=True))
        return redirect(request, "mailboxes_together", slug=request.organization.slug, mailbox_id=mailbox.pk)
    return redirect(request, "mailboxes", slug=request.organization.slug)


def _draft_context(request: OrganizationRequest, draft: Mailbox) -> dict[str, Any]:
    return around(request, Step.SIGN_IN, draft) | folders_of(run_of_draft(draft))


def _elsewhere(request: OrganizationRequest, mailbox: Mailbox) -> HttpResponse:
    """To the page of what has no form of its own here."""
    if mailbox.is_draft:
        return to_step(request, Step.SIGN_IN, mailbox)
    return redirect(request, "edit_push_mailbox", slug=request.organization.slug, mailbox_id=mailbox.pk)


def _pause(mailbox: Mailbox, actor: Membership) -> str:
    mailboxes.pause_mailbox(mailbox, actor=actor)
    if not mailboxes.is_polled(mailbox):
        return _("%(name)s is paused. What it is brought is kept until you resume it.") % {"name": mailbox.name}
    return _("%(name)s is paused. Mail waits on the server.") % {"name": mailbox.name}


def _resume(mailbox: Mailbox, actor: Membership) -> str:
    mailboxes.resume_mailbox(mailbox, actor=actor)
    if not mailboxes.is_polled(mailbox):
        return _("%(name)s is resumed. What it was brought meanwhile is being processed.") % {"name": mailbox.name}
    return _("%(name)s is polled again.") % {"name": mailbox.name}


def _poll(mailbox: Mailbox, actor: Membership) -> str:
    del actor
    mailboxes.ask_poll_now(mailbox)
    return _("%(name)s is being polled.") % {"name": mailbox.name}


def _make_primary(mailbox: Mailbox, actor: Membership) -> str:
    primary.make_primary(mailbox, actor=actor)
    return _("%(name)s is primary. It answers for mailboxes that cannot.") % {"name": mailbox.name}


def _end_primary(mailbox: Mailbox, actor: Membership) -> str:
    primary.end_primary(mailbox, actor=actor)
    return _("%(name)s is no longer primary.") % {"name": mailbox.name}


ACTIONS: dict[str, Callable[[Mailbox, Membership], str]] = {
    "pause": _pause,
    "resume": _resume,
    "poll": _poll,
    "make-primary": _make_primary,
    "end-primary": _end_primary,
}


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def act_on_mailbox(request: OrganizationRequest, mailbox_id: int, action: str) -> HttpResponse:
    """Pause, resume or poll now; back to the list."""
    if action not in ACTIONS:
        raise Http404
    mailbox = mailbox_or_404(mailbox_id)
    if mailbox.is_draft:
        return to_step(request, stands_at(mailbox), mailbox)
    try:
        words, tone = ACTIONS[action](mailbox, request.membership), OK
    except DomainError as refused:
        words, tone = refused.sentence, BAD
    toast_on_next_page(request, words, tone=tone)
    return redirect(request, "mailboxes", slug=request.organization.slug)
