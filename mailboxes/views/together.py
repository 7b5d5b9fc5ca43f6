"""What became of each address that was entered at once: connected and opened, or refused and why."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import page_or_part
from mailboxes.models import Mailbox
from mailboxes.queries.together import is_opened, states_together
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.together import join
from mailboxes.views.lookup import mailbox_or_404


def join_more(request: OrganizationRequest, mailbox: Mailbox, more: Sequence[MailboxInput]) -> None:
    """These are mailboxes that share the connection; the page below tells which are not, and why."""
    if more:
        request.session[_key(mailbox)] = dict(join(mailbox, more, actor=request.membership))


def together(request: OrganizationRequest, mailbox: Mailbox) -> dict[str, object]:
    """What `_together.html` shows of the mailbox's connection."""
    states = states_together(mailbox)
    return {
        "mailbox": mailbox,
        "states": states,
        "refused": sorted(request.session.get(_key(mailbox), {}).items()),
        "is_waiting": not all(is_opened(state) for state in states),
    }


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def mailboxes_together(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """A line for each address; the part renews itself until every mailbox was tried."""
    context = together(request, mailbox_or_404(mailbox_id))
    return page_or_part(request, "mailboxes/together.html", "mailboxes/_together.html", context)


def _key(mailbox: Mailbox) -> str:
    return f"refused_beside_{mailbox.pk}"
