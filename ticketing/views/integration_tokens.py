"""Tokens of an integration: a new one, shown this once, and the end of one."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.integrations import TokenForm
from ticketing.queries import integrations as queries
from ticketing.services.integrations.tokens import issue_token, revoke_token
from ticketing.views.integrations import integration_or_404, integration_page


@never_cache
@require_POST
@requires(Capability.MANAGE_INTEGRATIONS)
def new_token(request: OrganizationRequest, integration_id: int) -> HttpResponse:
    """The token. Not after a redirect: the secret would have to be kept somewhere for it."""
    found = integration_or_404(integration_id)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return integration_page(request, found, token_form=form)
    try:
        issued = issue_token(found, form.wish(), actor=request.membership)
    except DomainError as refused:
        form.add_error("expires_on" if refused.code == "expired" else None, refused.sentence)
        return integration_page(request, found, token_form=form)
    return render(request, "ticketing/integration_token.html", {"integration": found, "issued": issued})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_INTEGRATIONS)
def revocation(request: OrganizationRequest, integration_id: int, token_id: int) -> HttpResponse:
    """Which token it is and when it was used last, and the button."""
    found = integration_or_404(integration_id)
    token = queries.token_of(found, token_id=token_id)
    if token is None:
        raise Http404
    if request.method == "POST":
        revoke_token(token, actor=request.membership)
        toast_on_next_page(request, _("Token revoked"))
        return redirect(request, "integration", slug=request.organization.slug, integration_id=found.pk)
    return render(request, "ticketing/integration_token_revocation.html", {"integration": found, "token": token})
