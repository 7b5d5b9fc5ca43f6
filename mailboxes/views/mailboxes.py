"""The list of mailboxes, and adding, changing, pausing and deleting one."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from helpdesk.web.news import with_news
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.any_mailbox import AnyMailboxForm
from mailboxes.forms.kinds import form_for, is_by_app
from mailboxes.forms.mailbox import mailbox_form
from mailboxes.models import ConnectionKind, Mailbox
from mailboxes.queries.mailbox_list import active_mailboxes, failed_count, mailbox_states, states_of
from mailboxes.queries.sender_checks import sender_states
from mailboxes.services.sending import primary
from mailboxes.services.setup import mailboxes
from mailboxes.views.registration import registration_context

_FORM_FIELDS = {"address_taken": "address", "cleartext": "security"}


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
    }
    response = page_or_part(request, "mailboxes/list.html", "mailboxes/_list.html", context)
    return with_news(request, response) if wants_part(request) else response


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def add_mailbox(request: OrganizationRequest) -> HttpResponse:
    """The form; saved, the mailbox waits for the answer to what becomes of the mail that is there."""
    form = mailbox_form(request.POST or None, mailbox=None, known=request.GET)
    if request.method == "POST" and form.is_valid():
        try:
            mailbox = mailboxes.create_mailbox(form.to_input(is_enabled=False), actor=request.membership)
        except DomainError as refused:
            _say(form, refused)
        else:
            return redirect(request, "existing_mail", slug=request.organization.slug, mailbox_id=mailbox.pk)
    return render(request, "mailboxes/form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def edit_mailbox(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The form with what is stored, but for passwords."""
    mailbox = mailbox_or_404(mailbox_id)
    if not mailboxes.is_polled(mailbox):
        return redirect(request, "edit_push_mailbox", slug=request.organization.slug, mailbox_id=mailbox.pk)
    form = form_for(request.POST or None, mailbox=mailbox)
    if request.method == "POST" and form.is_valid():
        try:
            mailboxes.update_mailbox(mailbox, form.to_input(is_enabled=mailbox.is_enabled), actor=request.membership)
        except DomainError as refused:
            _say(form, refused)
        else:
            toast_on_next_page(request, _("%(name)s is saved.") % {"name": mailbox.name})
            return redirect(request, "mailboxes", slug=request.organization.slug)
    is_microsoft = mailbox.connection.kind == ConnectionKind.GRAPH or is_by_app(mailbox)
    context = {"form": form, "mailbox": mailbox, "state": states_of([mailbox])[0], "senders": sender_states(mailbox)}
    context |= registration_context(mailbox) if is_microsoft else {}
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
    mailbox = mailbox_or_404(mailbox_id)
    if request.method != "POST":
        return render(request, "mailboxes/deletion.html", {"mailbox": mailbox})
    mailboxes.delete_mailbox(mailbox, actor=request.membership)
    toast_on_next_page(request, _("%(name)s is deleted. Its tickets stay.") % {"name": mailbox.name})
    return redirect(request, "mailboxes", slug=request.organization.slug)


def _say(form: AnyMailboxForm, refused: DomainError) -> None:
    field = _FORM_FIELDS.get(refused.code, refused.code)
    form.add_error(field if field in form.fields else None, refused.sentence)


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
    words = ACTIONS[action](mailbox_or_404(mailbox_id), request.membership)
    toast_on_next_page(request, words)
    return redirect(request, "mailboxes", slug=request.organization.slug)


def mailbox_or_404(mailbox_id: int) -> Mailbox:
    """The mailbox of the open scope, unless it is deleted; with its servers. Raises Http404."""
    rows = Mailbox.objects.select_related("connection__grant", "outgoing__login_of__grant", "team", "organization")
    mailbox: Mailbox = get_object_or_404(rows, pk=mailbox_id, deleted_at=None)
    return mailbox
