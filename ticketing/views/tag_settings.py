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
from ticketing.forms.tag_settings import TagSuggestionsForm
from ticketing.mail.tag_content import MIN_EXAMPLES, RIGHT_PERCENT
from ticketing.queries.tag_suggestions import learning
from ticketing.queries.tags import tags_with_use
from ticketing.services.tag_properties import set_spam_tags, set_tag_suggestions


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def tag_settings(request: OrganizationRequest) -> HttpResponse:
    """All tags with use, Spam property and what was learned; posted, those checked (`spam`, repeated) have it.

    `suggests`: tags are suggested.
    """
    if request.method != "POST":
        is_on, lessons = learning()
        rows = [(tag, lessons.get(tag.pk)) for tag in tags_with_use()]
        form = TagSuggestionsForm(initial={"suggests": is_on})
        limits = {"least": MIN_EXAMPLES, "percent": RIGHT_PERCENT}
        context = {"rows": rows, "form": form, "suggests": is_on, "limits": limits}
        return render(request, "ticketing/tag_settings.html", context)
    ids = {int(text) for text in request.POST.getlist("spam") if text.isdecimal() and len(text) < 19}
    set_spam_tags(ids, actor=request.membership)
    set_tag_suggestions(is_on="suggests" in request.POST, actor=request.membership)
    toast_on_next_page(request, _("Saved. It holds from the next mail on."))
    return redirect(request, "tag_settings", slug=request.organization.slug)
