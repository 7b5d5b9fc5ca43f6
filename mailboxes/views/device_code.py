"""Signing in with a device code: the code, and what became of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import page_or_part, redirect, wants_part
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import DeviceSignIn, DeviceState, Provider
from mailboxes.services.oauth.device_sign_ins import begin_device
from mailboxes.services.oauth.signing_in import SignInTrouble
from mailboxes.sign_in_words import TroubleWords, trouble_words
from mailboxes.views.drafts import around, to_step
from mailboxes.views.lookup import mailbox_or_404
from mailboxes.views.signing_in import grant_or_404
from mailboxes.wizard import Step


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def device_code(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The code to type in, or what became of it; the part is polled while somebody is waited for.

    Once somebody signed in for a draft, its page goes on to the test by itself.
    """
    mailbox = mailbox_or_404(mailbox_id)
    grant = grant_or_404(mailbox, provider=Provider.MICROSOFT)
    latest = DeviceSignIn.objects.filter(grant=grant).order_by("-id").first()
    if mailbox.is_draft and wants_part(request) and latest is not None and latest.state == DeviceState.DONE:
        return to_step(request, Step.TEST, mailbox)
    context = {
        "mailbox": mailbox,
        "latest": latest,
        "is_waiting": latest is not None and latest.state == DeviceState.WAITING,
        "trouble": _trouble(latest),
    }
    context |= around(request, Step.SIGN_IN, mailbox) if mailbox.is_draft else {}
    return page_or_part(request, "mailboxes/device_code.html", "mailboxes/_device_code.html", context)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@opens_scope_itself
def new_device_code(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """Another code; the provider is asked for it."""
    organization_id = request.organization.pk
    with organization_scope(organization_id):
        grant_or_404(mailbox_or_404(mailbox_id), provider=Provider.MICROSOFT)
    try:
        begin_device(mailbox_id, organization_id=organization_id, actor=request.membership)
    except ConnectorError as error:
        words = trouble_words(SignInTrouble(error.reason, detail=error.detail))
        toast_on_next_page(request, _("No code was given. %(why)s") % {"why": words.what}, tone="bad")
    return redirect(request, "device_code", slug=request.organization.slug, mailbox_id=mailbox_id)


def _trouble(latest: DeviceSignIn | None) -> TroubleWords | None:
    if latest is None or latest.state != DeviceState.FAILED:
        return None
    trouble = SignInTrouble(
        Reason(latest.reason), detail=latest.detail, missing=tuple(latest.missing), account=latest.account
    )
    return trouble_words(trouble)
