"""What became of each address that was entered at once: connected and opened, or refused, why, and another try."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.kinds import filled_form
from mailboxes.models import Mailbox, RefusedAddress
from mailboxes.queries.together import is_opened, refused_beside, states_together
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.together import join, put_away
from mailboxes.views.lookup import mailbox_or_404


def join_more(request: OrganizationRequest, mailbox: Mailbox, more: Sequence[MailboxInput]) -> None:
    """These are mailboxes that share the connection; the page below tells which are not, and why."""
    join(mailbox, more, actor=request.membership)


def together(mailbox: Mailbox) -> dict[str, object]:
    """What `_together.html` shows of the mailbox's connection."""
    states = states_together(mailbox)
    return {
        "mailbox": mailbox,
        "states": states,
        "refused": refused_beside(mailbox),
        "is_waiting": not all(is_opened(state) for state in states),
    }


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def mailboxes_together(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """A line for each address; the part renews itself until every mailbox was tried."""
    context = together(mailbox_or_404(mailbox_id))
    return page_or_part(request, "mailboxes/together.html", "mailboxes/_together.html", context)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def refused_address_again(request: OrganizationRequest, mailbox_id: int, refusal_id: UUID) -> HttpResponse:
    """The address has another try, with the settings that the mailbox has now."""
    mailbox = mailbox_or_404(mailbox_id)
    address = _refusal_or_404(mailbox, refusal_id).address
    form = filled_form(mailbox, more=[address])
    if not form.is_valid() or not form.more():
        words = _("%(name)s has to be saved with its settings first.") % {"name": mailbox.name}
        toast_on_next_page(request, words, tone="bad")
    elif join(mailbox, form.inputs_of_more(is_enabled=mailbox.is_enabled), actor=request.membership):
        toast_on_next_page(request, _("%(address)s is refused again") % {"address": address}, tone="bad")
    else:
        toast_on_next_page(request, _("%(address)s is connected") % {"address": address})
    return redirect(request, "mailboxes_together", slug=request.organization.slug, mailbox_id=mailbox.pk)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def refused_address_dismissal(request: OrganizationRequest, mailbox_id: int, refusal_id: UUID) -> HttpResponse:
    """Nothing is said of the address any more."""
    mailbox = mailbox_or_404(mailbox_id)
    put_away(_refusal_or_404(mailbox, refusal_id), mailbox=mailbox, actor=request.membership)
    return redirect(request, "mailboxes_together", slug=request.organization.slug, mailbox_id=mailbox.pk)


def _refusal_or_404(mailbox: Mailbox, refusal_id: UUID) -> RefusedAddress:
    found: RefusedAddress = get_object_or_404(RefusedAddress, pk=refusal_id, connection=mailbox.connection)
    return found
