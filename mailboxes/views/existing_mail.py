"""The fourth step of setting up a mailbox: the folder is counted, and the person asked what becomes of its mail."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from mailboxes.forms.existing import ImportForm
from mailboxes.models import Mailbox
from mailboxes.services.setup.counting import folder_count, start_counting
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
    start_counting(draft)
    run = run_of_draft(draft)
    context = around(request, Step.IMPORT, draft) | {"form": form, "counted": folder_count(draft)}
    context["folders"] = run.folders if run else []
    return render(request, "mailboxes/existing.html", context, status=422 if form.errors else 200)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def existing_count(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """The heading with the count, as soon as it is known."""
    return render(request, "mailboxes/_existing_count.html", {"mailbox": draft, "counted": folder_count(draft)})
