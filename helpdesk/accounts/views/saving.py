"""What pages of the organization's own lists share: a form that a service takes or refuses, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from helpdesk.accounts.access import OrganizationRequest
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page


def saved(
    request: OrganizationRequest, form: forms.Form, save: Callable[[], object], *, back_to: str
) -> HttpResponse | None:
    """The way back to the list named `back_to`; None unless a valid form was sent and the service took it."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        save()
    except ValidationError as error:
        show_refusal(form, error)
        return None
    toast_on_next_page(request, _("Saved"))
    return redirect(request, back_to, slug=request.organization.slug)
