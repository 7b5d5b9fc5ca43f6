"""Certificates trusted by their fingerprints: the question in a connection test, the list, and ending it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import TrustedCertificate
from mailboxes.services.setup.testing import run_named
from mailboxes.services.setup.trusted_certificates import end_trust, trust_certificate, trusted_for, users_of


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def certificate_of_test(request: OrganizationRequest, run_id: str, stage: str) -> HttpResponse:
    """What trusting the certificate that the test saw means, with the button; and the trust, as a part of the test."""
    run = run_named(run_id, organization_id=request.organization.pk)
    offer = run.offer_of(stage) if run is not None else None
    if run is None or offer is None:
        raise Http404
    context = {"run": run, "stage": stage, "offer": offer, "earlier": trusted_for(offer.host, offer.port)}
    if request.method == "POST":
        context["trusted"] = trust_certificate(offer, actor=request.membership)
    return render(request, "mailboxes/_trust.html", context)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def trusted_certificates(request: OrganizationRequest) -> HttpResponse:
    """All of them, each with the mailboxes whose server it is."""
    rows = [(trusted, users_of(trusted)) for trusted in TrustedCertificate.objects.order_by("host", "port")]
    return render(request, "mailboxes/trusted_certificates.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def trusted_certificate_removal(request: OrganizationRequest, certificate_id: UUID) -> HttpResponse:
    """What comes of ending the trust, and the button."""
    trusted = get_object_or_404(TrustedCertificate, pk=certificate_id)
    if request.method != "POST":
        context = {"trusted": trusted, "users": users_of(trusted)}
        return render(request, "mailboxes/trusted_certificate_removal.html", context)
    end_trust(trusted, actor=request.membership)
    toast_on_next_page(request, _("The certificate is no longer trusted"))
    return redirect(request, "trusted_certificates", slug=request.organization.slug)
