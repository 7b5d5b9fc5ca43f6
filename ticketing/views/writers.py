"""Who may write: the list of all mailboxes, and the page of one, or of all."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.views.lookup import mailbox_or_404
from ticketing.forms.writers import WriterForm
from ticketing.queries.checking_servers import (
    checker_for,
    checking_of,
    place_of_belief,
    unproven_mailboxes,
)
from ticketing.queries.writers import guest_names, opening_groups, writer_lines
from ticketing.reason_links import ALL
from ticketing.services.writer_policies import believe_server, save_writers, stored_writers, writers_in_force
from ticketing.views.filters import owner_or_404


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def all_writers(request: OrganizationRequest) -> HttpResponse:
    """Who may write to each mailbox."""
    return render(request, "ticketing/writers_list.html", {"lines": writer_lines()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def writers(request: OrganizationRequest, whose: str) -> HttpResponse:
    """The policy; posted, it holds from the next mail on."""
    mailbox = owner_or_404(whose)
    if request.method != "POST":
        return _page(request, mailbox, WriterForm.of(stored_writers(mailbox)))
    form = WriterForm(request.POST)
    if form.is_valid():
        try:
            save_writers(mailbox, form.to_input(), actor=request.membership)
        except DomainError as refused:
            form.add_error(_FIELDS.get(refused.code), refused.sentence)
        else:
            toast_on_next_page(request, _("Saved. It holds from the next mail on."))
            return redirect(request, "writers", slug=request.organization.slug, whose=whose)
    return _page(request, mailbox, form, status=422)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def believed_servers(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The server that the newest mails of the mailbox show is believed from now on."""
    mailbox = mailbox_or_404(mailbox_id)
    try:
        place = believe_server(mailbox, request.POST.get("server", ""), actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence)
    else:
        words = _("Saved for all mailboxes.") if place is None else _("Saved. This mailbox has its own settings now.")
        toast_on_next_page(request, words)
    return redirect(request, "writers", slug=request.organization.slug, whose=str(mailbox.pk))


_FIELDS = {
    "nobody_listed": "openers",
    "no_guest": "guest",
    "bad_address": "forward_to",
    "own_address": "forward_to",
}


def _page(
    request: OrganizationRequest, mailbox: Mailbox | None, form: WriterForm, *, status: int = 200
) -> HttpResponse:
    context: dict[str, object] = {
        "mailbox": mailbox,
        "whose": mailbox.pk if mailbox else ALL,
        "form": form,
        "guests": guest_names(),
        "groups": opening_groups(mailbox),
        "checker": checker_for(mailbox),
    }
    if mailbox is None:
        context["unproven"] = unproven_mailboxes()
    else:
        context |= {
            "checking": checking_of(mailbox),
            "in_force": writers_in_force(mailbox),
            "believes_for_all": place_of_belief(mailbox) is None,
        }
    return render(request, "ticketing/writers.html", context, status=status)
