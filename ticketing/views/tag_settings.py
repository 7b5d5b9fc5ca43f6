"""The settings of tags."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.queries.tags import tags_with_use
from ticketing.services.tag_properties import set_spam_tags


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def tag_settings(request: OrganizationRequest) -> HttpResponse:
    """All tags with their use and the Spam property; posted, those checked (`spam`, repeated) have it."""
    if request.method != "POST":
        return render(request, "ticketing/tag_settings.html", {"tags": tags_with_use()})
    ids = {int(text) for text in request.POST.getlist("spam") if text.isdecimal() and len(text) < 19}
    set_spam_tags(ids, actor=request.membership)
    toast_on_next_page(request, _("Saved. It holds from the next mail on."))
    return redirect(request, "tag_settings", slug=request.organization.slug)
