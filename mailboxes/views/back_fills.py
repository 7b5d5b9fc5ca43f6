"""Importing days of a mailbox again: counted first, then imported."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.back_fill import BackFillForm
from mailboxes.models import Mailbox
from mailboxes.queries.back_fills import progress_of
from mailboxes.services.reading.back_fills import count_days, import_days
from mailboxes.views.lookup import mailbox_or_404


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def back_fill(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The days and what became of them; posted, the messages of these days are counted."""
    mailbox = mailbox_or_404(mailbox_id)
    if request.method != "POST":
        return _page(request, mailbox, None)
    form = BackFillForm(request.POST)
    if form.is_valid():
        since, before = form.span()
        try:
            count_days(mailbox, since=since, before=before, actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect(request, "back_fill", slug=request.organization.slug, mailbox_id=mailbox.pk)
    return _page(request, mailbox, form)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def import_back_fill(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What was counted is imported."""
    mailbox = mailbox_or_404(mailbox_id)
    try:
        import_days(mailbox, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    return redirect(request, "back_fill", slug=request.organization.slug, mailbox_id=mailbox.pk)


def _page(request: OrganizationRequest, mailbox: Mailbox, form: BackFillForm | None) -> HttpResponse:
    progress = progress_of(mailbox)
    context = {
        "mailbox": mailbox,
        "form": form or BackFillForm.of(progress.wish if progress else None),
        "progress": progress,
        "takes_away": mailbox.takes_mail_away,
    }
    status = 422 if form is not None else 200
    return page_or_part(request, "mailboxes/back_fill.html", "mailboxes/_back_fill.html", context, status=status)
