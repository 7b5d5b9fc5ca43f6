"""Canned replies: the list of all, a page for each, and those that are offered on a ticket."""

from __future__ import annotations

from itertools import groupby

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.accounts.views.saving import saved
from helpdesk.web.rendering import page_or_part
from ticketing.answering.previews import Preview, preview_of_reply
from ticketing.answering.vocabulary import CANNED, MEANINGS
from ticketing.forms.canned_replies import CannedReplyForm
from ticketing.mail.rich_text import plain_text
from ticketing.models import CannedReply
from ticketing.queries.canned_replies import canned_replies, offered_for, rules_sending
from ticketing.services.canned_replies import change_canned_reply, create_canned_reply, tidy_reply
from ticketing.views.composer import writable_ticket

LIST = "canned_replies"


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def all_canned_replies(request: OrganizationRequest) -> HttpResponse:
    """All by name, the retired ones last."""
    return render(request, "ticketing/canned_replies.html", {"replies": canned_replies()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def new_canned_reply(request: OrganizationRequest) -> HttpResponse:
    """A form for another one; with `preview` it is shown as it would leave."""
    form = CannedReplyForm(request.POST or None)
    if "preview" in request.POST:
        return _page(request, form, preview=_preview(request, form))
    done = saved(request, form, lambda: create_canned_reply(form.to_input(), actor=request.membership), back_to=LIST)
    return done or _page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def canned_reply(request: OrganizationRequest, reply_id: int) -> HttpResponse:
    """One canned reply; posted, it says this from now on, or with `preview` it is shown as it would leave."""
    row = CannedReply.objects.filter(pk=reply_id).first()
    if row is None:
        raise Http404
    form = CannedReplyForm.of(row, request.POST or None)
    if "preview" in request.POST:
        return _page(request, form, row=row, preview=_preview(request, form))

    def save() -> None:
        version = form.cleaned_data["version"]
        change_canned_reply(reply_id, form.to_input(), version=version, actor=request.membership)

    return saved(request, form, save, back_to=LIST) or _page(request, form, row=row)


@require_safe
@requires(Capability.WORK_TICKETS)
def offered_replies(request: OrganizationRequest, number: int) -> HttpResponse:
    """What the composer of the ticket offers, filled in; a part alone."""
    replies = offered_for(writable_ticket(request, number), organization=request.organization)
    groups = [(team, list(offered)) for team, offered in groupby(replies, key=lambda reply: reply.team)]
    return render(request, "ticketing/_canned_menu.html", {"groups": groups})


def _preview(request: OrganizationRequest, form: CannedReplyForm) -> Preview | None:
    """How it would leave; None where the form says why it cannot."""
    if not form.is_valid():
        return None
    try:
        subject, html = tidy_reply(form.to_input())
    except ValidationError as refused:
        show_refusal(form, refused)
        return None
    return preview_of_reply(subject, html, organization=request.organization)


def _page(
    request: OrganizationRequest,
    form: CannedReplyForm,
    *,
    row: CannedReply | None = None,
    preview: Preview | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "row": row,
        "preview": preview,
        "rules": rules_sending(row) if row else [],
        "as_text": plain_text(form["html"].value() or ""),
        "placeholders": [(f"{{{{ {name} }}}}", words) for name, words in MEANINGS.items() if name in CANNED],
    }
    status = 422 if form.errors else 200
    return page_or_part(request, "ticketing/canned_reply.html", "ticketing/_canned_reply.html", context, status=status)
