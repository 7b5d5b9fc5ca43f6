"""Guides through every way to connect a mailbox, for whoever manages channels."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from mailboxes.guides.markdown import guide_text
from mailboxes.guides.shelf import GUIDES, guide_named
from mailboxes.services.oauth.signing_in import redirect_address


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def mailbox_guides(request: OrganizationRequest) -> HttpResponse:
    """All guides, and the protocols compared."""
    return render(request, "mailboxes/guides.html", {"guides": GUIDES})


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def mailbox_guide(request: OrganizationRequest, key: str) -> HttpResponse:
    """One guide as a page to print, and as text to send."""
    guide = guide_named(key)
    if guide is None:
        raise Http404
    as_text = guide_text(guide, redirect_address=redirect_address())
    return render(request, "mailboxes/guide.html", {"guide": guide, "as_text": as_text})
