"""Where is my mail? The check list for a mail that somebody misses."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.web.rendering import page_or_part
from ticketing.forms.whereabouts import MissedMailForm
from ticketing.queries.whereabouts import Findings, Question, askable_mailboxes, boxes_meant, findings
from ticketing.whereabouts.answer import whereabouts
from ticketing.whereabouts.junk import looks_into_junk
from ticketing.whereabouts.lines import Reader


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def where_is_my_mail(request: OrganizationRequest) -> HttpResponse:
    """The form, and once `q` is there the answer and the list. `again`: folders for spam are looked into anew."""
    mailboxes = askable_mailboxes()
    form = MissedMailForm(request.GET if "q" in request.GET else None, mailboxes=mailboxes)
    is_asked = form.is_valid() and bool(mailboxes)
    known = _known(request, form.question()) if is_asked else None
    context = {
        "form": form,
        "has_mailboxes": bool(mailboxes),
        "may_connect": can(request.membership, Capability.MANAGE_CHANNELS),
        "known": known,
        "asked": _asked(request),
        "result": whereabouts(known, Reader(request.membership)) if known else None,
    }
    status = 422 if form.errors else 200
    return page_or_part(
        request, "ticketing/where_is_my_mail.html", "ticketing/_where_is_my_mail.html", context, status=status
    )


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def where_is_my_mail_junk(request: OrganizationRequest) -> HttpResponse:
    """The line about the folder for spam while it is looked into; then it fetches itself and the answer."""
    form = MissedMailForm(request.GET, mailboxes=askable_mailboxes())
    is_running = False
    if form.is_valid():
        question = form.question()
        looks = looks_into_junk(question, boxes_meant(question), Reader(request.membership))
        is_running = any(look.is_running for look in looks.values())
    context = {"asked": _asked(request), "is_running": is_running}
    return render(request, "ticketing/_junk_look.html", context)


def _known(request: OrganizationRequest, question: Question) -> Findings:
    known = findings(request.organization, question)
    is_again = "again" in request.GET
    looks = looks_into_junk(question, known.boxes, Reader(request.membership), is_again=is_again)
    return replace(known, junk=looks)


def _asked(request: OrganizationRequest) -> str:
    """The question as the query of an address, without what is asked once."""
    asked = request.GET.copy()
    asked.pop("again", None)
    return asked.urlencode()
