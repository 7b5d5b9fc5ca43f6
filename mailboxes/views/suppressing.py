"""Who gets no mail of the organization."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.forms.suppressing import SuppressionForm
from mailboxes.models import BouncedAddress, Suppression
from mailboxes.services.sending.bouncing import trust_again
from mailboxes.services.sending.suppressing import add_suppressions, remove_suppression


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def suppressions(request: OrganizationRequest) -> HttpResponse:
    """The list, of `?q=` those that contain it; posted, more of them."""
    form = SuppressionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        made = add_suppressions(data["values"], note=data["note"], actor=request.membership)
        words = ngettext("%(n)d entry added", "%(n)d entries added", len(made)) % {"n": len(made)}
        toast_on_next_page(request, words if made else _("All of them were on the list already."))
        return redirect(request, "suppressions", slug=request.organization.slug)
    rows = Suppression.objects.select_related("added_by__user")
    context = {"form": form} | _asked_for(request, rows, of="value", newest_by="added_at")
    return render(request, "mailboxes/suppressions.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def suppression_removal(request: OrganizationRequest, suppression_id: int) -> HttpResponse:
    """The address or domain gets mail again."""
    try:
        value = remove_suppression(suppression_id, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence)
    else:
        toast_on_next_page(request, _("%(value)s gets mail again.") % {"value": value})
    return redirect(request, "suppressions", slug=request.organization.slug)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def bounced_addresses(request: OrganizationRequest) -> HttpResponse:
    """From whom mail came back, of `?q=` those that contain it."""
    rows = BouncedAddress.objects.select_related("outbox")
    context = _asked_for(request, rows, of="address", newest_by="bounced_at")
    return render(request, "mailboxes/bounced_addresses.html", context)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def bounce_clearing(request: OrganizationRequest, bounced_id: int) -> HttpResponse:
    """What is automatic goes to the address again."""
    try:
        address = trust_again(bounced_id, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence)
    else:
        toast_on_next_page(request, _("%(value)s gets automatic answers again.") % {"value": address})
    return redirect(request, "bounced_addresses", slug=request.organization.slug)


def _asked_for(request: OrganizationRequest, rows: QuerySet[Any], *, of: str, newest_by: str) -> dict[str, object]:
    """A page of the rows, the newest first; with `?q=` of those whose column `of` contains it."""
    asked = clean_line(request.GET.get("q", "")).lower()
    found = rows.filter(**{f"{of}__contains": asked}) if asked else rows
    page = paginate(found, order_by=(f"-{newest_by}", "-id"), cursor=request.GET.get("cursor", ""))
    return {"page": page, "asked": asked}
