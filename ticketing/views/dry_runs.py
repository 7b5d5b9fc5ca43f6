"""Trying the newest mails of a mailbox with its policy as it is now: beginning it, how far it is, what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from mailboxes.health_words import cause_words
from mailboxes.views.lookup import mailbox_or_404
from ticketing.dry_run_words import dry_run_view, line_views
from ticketing.models import DryRun
from ticketing.services.dry_runs.starting import WANTED, start_dry_run

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def dry_run(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The person's last dry run of this mailbox; posted, another one begins in its place."""
    mailbox = mailbox_or_404(mailbox_id)
    if request.method == "POST":
        asked = request.POST.get("wanted", "")
        wanted = next((each for each in WANTED if str(each) == asked), WANTED[0])
        start_dry_run(mailbox, wanted=wanted, actor=request.membership)
        if not wants_part(request):
            return redirect(request, "dry_run", slug=request.organization.slug, mailbox_id=mailbox.pk)
    run = DryRun.objects.filter(mailbox=mailbox, membership=request.membership).first()
    context: dict[str, Any] = {"mailbox": mailbox, "choices": WANTED, "wanted": run.wanted if run else WANTED[0]}
    if run is not None:
        outcome = request.GET.get("outcome", "")
        lines = Paginator(_chosen(run, outcome), PER_PAGE).get_page(request.GET.get("page"))
        shown = line_views(lines, organization=request.organization, mailbox=mailbox)
        context["trouble"] = cause_words(run.trouble) if run.trouble else ""
        context |= {"view": dry_run_view(run), "lines": shown, "pages": lines, "outcome": outcome}
    return page_or_part(request, "ticketing/dry_run.html", "ticketing/_dry_run.html", context)


def _chosen(run: DryRun, outcome: str) -> Sequence[tuple[int, dict[str, Any]]]:
    """The lines of this outcome, or all, the newest first, each with its number."""
    numbered = list(enumerate(run.lines, start=1))[::-1]
    return [(number, line) for number, line in numbered if outcome in ("", line["outcome"])]
