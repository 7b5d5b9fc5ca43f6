"""The fourth step of setting up a mailbox: the folder is counted, and the person asked what becomes of its mail."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from mailboxes.forms.existing import ImportForm
from mailboxes.health_words import cause_words
from mailboxes.models import Mailbox
from mailboxes.services.setup.counting import folder_count, forget_count, start_counting, tells_dates
from mailboxes.services.setup.drafts import choose_import
from mailboxes.services.setup.testing import run_of_draft
from mailboxes.views.drafts import LATER, around, leave, of_draft, to_step
from mailboxes.wizard import Step, is_connected, is_read, stands_at


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def existing_mail(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """The question with the number of messages found; answered, on to where tickets go."""
    if not is_connected(draft) or not is_read(draft):
        return to_step(request, stands_at(draft), draft)
    form = ImportForm(request.POST or None, mailbox=draft)
    if request.method == "POST" and form.is_valid():
        choose_import(draft, form.to_choice(), actor=request.membership)
        return leave(request, draft) if request.POST.get("then") == LATER else to_step(request, Step.ROUTING, draft)
    run = run_of_draft(draft)
    context = around(request, Step.IMPORT, draft) | {"form": form, "folders": run.folders if run else []}
    context |= _counts(draft, since=form.chosen_day())
    return render(request, "mailboxes/existing.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def existing_count(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """The heading with the count, as soon as it is known."""
    if "again" in request.GET:
        forget_count(draft)
    return render(request, "mailboxes/_existing_count.html", {"mailbox": draft} | _counts(draft, since=None))


@require_safe
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def existing_since(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """How many messages the chosen day lets in, as soon as it is known; or what is wrong with the day."""
    form = ImportForm(request.GET, mailbox=draft)
    day = form.chosen_day()
    if day is not None and "again" in request.GET:
        forget_count(draft, since=day)
    context = {"mailbox": draft, "form": form, "day_errors": form.errors.get("since", ())} | _counts(draft, since=day)
    return render(request, "mailboxes/_existing_since.html", context | {"is_part": True})


def _counts(draft: Mailbox, *, since: date | None) -> dict[str, object]:
    """What the folder holds, and of it what came since the day."""
    context: dict[str, object] = {"tells_dates": tells_dates(draft), "since": since}
    leaving = None
    if since is not None and context["tells_dates"]:
        start_counting(draft, since=since)
        context["counted_since"] = counted_since = folder_count(draft, since=since)
        context["why_not_since"], leaving = cause_words(counted_since.reason), counted_since.count
    start_counting(draft)
    context["counted"] = counted = folder_count(draft)
    leaving = counted.count if leaving is None else leaving
    return context | {"why_not": cause_words(counted.reason), "leaving": leaving}
