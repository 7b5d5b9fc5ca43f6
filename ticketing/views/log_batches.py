"""What people do with many messages of the inbound log: those they picked, or all that match."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.counts import bounded_count
from helpdesk.web.rendering import redirect, wants_part
from helpdesk.web.toasts import Tone, toast_on_next_page
from ticketing.models import LogBatch
from ticketing.queries.inbound_log import log_rows
from ticketing.queries.log_batches import shown_batches
from ticketing.queries.log_filter import log_filter
from ticketing.services.log_batches import AT_ONCE, Tally, act_on, dismiss_batch, start_batch, stop_batch
from ticketing.views.log_actions import action_or_404


@require_POST
@requires(Capability.VIEW_INBOUND_LOG)
def act_on_many(request: OrganizationRequest, what: str) -> HttpResponse:
    """It is done with the picked messages (`entry`, repeated); with `all` a worker does it with all that match."""
    action = action_or_404(request, what)
    if not action.many:
        raise Http404
    if "all" in request.POST:
        return _start(request, what)
    ids = [int(text) for text in request.POST.getlist("entry") if text.isdecimal() and len(text) < 19]
    entries = log_rows().filter(id__in=ids[:AT_ONCE], outcome__in=action.outcomes).order_by("id")
    try:
        tally = act_on(entries, what=what, actor=request.membership, typed=_typed(request))
    except DomainError as refused:
        return _back(request, refused.sentence, tone="bad")
    left = len(set(ids)) - tally.done - tally.kept
    return _back(request, _said(tally, left=left), tone="ok" if tally.done else "bad")


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def rest_of_log(request: OrganizationRequest) -> HttpResponse:
    """The line that offers everything the log goes on with, beside what is picked on the page. For htmx alone."""
    count = bounded_count(log_rows(log_filter(request.GET.dict())))
    return render(request, "ticketing/_log_rest.html", {"count": count})


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def log_batches(request: OrganizationRequest) -> HttpResponse:
    """How far the person's batches are; asks again by itself while one runs. For htmx alone."""
    return render(request, "ticketing/_log_batches.html", {"log_batches": shown_batches(request.membership)})


@require_POST
@requires(Capability.VIEW_INBOUND_LOG)
def stopped_batch(request: OrganizationRequest, batch_id: int) -> HttpResponse:
    """The batch goes no further."""
    stop_batch(_own_or_404(request, batch_id), actor=request.membership)
    return _answer(request)


@require_POST
@requires(Capability.VIEW_INBOUND_LOG)
def dismissed_batch(request: OrganizationRequest, batch_id: int) -> HttpResponse:
    """The ended batch is not shown any more."""
    dismiss_batch(_own_or_404(request, batch_id), actor=request.membership)
    return _answer(request)


def _own_or_404(request: OrganizationRequest, batch_id: int) -> LogBatch:
    batch: LogBatch | None = LogBatch.objects.filter(pk=batch_id, membership=request.membership).first()
    if batch is None:
        raise Http404
    return batch


def _typed(request: OrganizationRequest) -> str:
    """The number of a ticket, which other actions are not asked for."""
    return request.POST.get("value", "").strip().lstrip("#")[:20]


def _start(request: OrganizationRequest, what: str) -> HttpResponse:
    try:
        wanted = request.GET.dict()
        batch = start_batch(what=what, wanted=wanted, actor=request.membership, typed=_typed(request))
    except DomainError as refused:
        return _back(request, refused.sentence, tone="bad")
    words = ngettext("%(n)s message: it is being done.", "%(n)s messages: it is being done.", batch.total)
    return _back(request, words % {"n": batch.number})


def _said(tally: Tally, *, left: int) -> str:
    words = [ngettext("Done with %(n)d message.", "Done with %(n)d messages.", tally.done) % {"n": tally.done}]
    if tally.kept:
        words.append(tally.why_kept)
    if left > 0:
        other = ngettext("%(n)d is no such message.", "%(n)d are no such messages.", left)
        words.append(other % {"n": left})
    return " ".join(words) if tally.done or tally.kept or left > 0 else _("No message was picked.")


def _answer(request: OrganizationRequest) -> HttpResponse:
    if wants_part(request):
        return render(request, "ticketing/_log_batches.html", {"log_batches": shown_batches(request.membership)})
    return redirect(request, "inbound_log", slug=request.organization.slug)


def _back(request: OrganizationRequest, said: str, *, tone: Tone = "ok") -> HttpResponse:
    """To the log as it was filtered."""
    toast_on_next_page(request, said, tone=tone)
    query = request.META.get("QUERY_STRING", "")
    address = f"/o/{request.organization.slug}/inbound-log/"
    return redirect(request, f"{address}?{query}" if query else address)
