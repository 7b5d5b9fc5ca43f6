"""The record of what is said with a mailbox's servers: begun, read, taken along and removed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.queries.protocol_trace import SHOWN_LINES, as_text, trace_lines, trace_of
from mailboxes.services.liveness.tracing import delete_trace, start_trace, stop_trace
from mailboxes.views.lookup import mailbox_or_404


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def protocol_trace(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What is recorded and what is not, the buttons, and the last lines."""
    mailbox = mailbox_or_404(mailbox_id)
    state = trace_of(mailbox)
    lines = trace_lines(state.trace) if state is not None else []
    context = {"mailbox": mailbox, "state": state, "lines": lines[-SHOWN_LINES:], "count": len(lines)}
    context["is_cut_off"] = len(lines) > SHOWN_LINES
    return render(request, "mailboxes/protocol_trace.html", context)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def protocol_trace_text(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:  # noqa: ARG001  # a view
    """All lines as a text file."""
    state = trace_of(mailbox_or_404(mailbox_id))
    if state is None:
        raise Http404
    response = HttpResponse(as_text(trace_lines(state.trace)), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="connections-{mailbox_id}.txt"'
    response["Cache-Control"] = "no-store"
    return response


def _start(mailbox: Mailbox, actor: Membership) -> str:
    start_trace(mailbox, actor=actor)
    return _("The connections of %(name)s are recorded for an hour.") % {"name": mailbox.name}


def _stop(mailbox: Mailbox, actor: Membership) -> str:
    stop_trace(mailbox, actor=actor)
    return _("Nothing more is recorded.")


def _delete(mailbox: Mailbox, actor: Membership) -> str:
    delete_trace(mailbox, actor=actor)
    return _("The record is removed.")


ACTIONS: dict[str, Callable[[Mailbox, Membership], str]] = {"start": _start, "stop": _stop, "delete": _delete}


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def act_on_trace(request: OrganizationRequest, mailbox_id: int, action: str) -> HttpResponse:
    """Start, stop or delete; back to the page."""
    if action not in ACTIONS:
        raise Http404
    mailbox = mailbox_or_404(mailbox_id)
    toast_on_next_page(request, ACTIONS[action](mailbox, request.membership))
    return redirect(request, "protocol_trace", slug=request.organization.slug, mailbox_id=mailbox.pk)
