"""How a mailbox fares: what is wrong, what to check, its last 24 hours and its connection history."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import page_or_part
from mailboxes.end_to_end_words import headline_of
from mailboxes.queries.end_to_end import last_test
from mailboxes.queries.mailbox_health import mailbox_health
from mailboxes.queries.protocol_trace import trace_of
from mailboxes.queries.sender_checks import sender_states
from mailboxes.views.lookup import mailbox_or_404


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def health(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The page; its part is polled."""
    mailbox = mailbox_or_404(mailbox_id)
    context = {"mailbox": mailbox, "health": mailbox_health(mailbox), "trace": trace_of(mailbox)}
    context["senders"] = sender_states(mailbox)
    progress = last_test(mailbox)
    if progress is not None:
        context |= {"last_test": progress.test, "last_test_headline": headline_of(progress)}
    return page_or_part(request, "mailboxes/health.html", "mailboxes/_health_details.html", context)
