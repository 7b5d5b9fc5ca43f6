"""Inviting people: as an admin sees it. Mail goes out between two scopes, never inside a transaction."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts import mails
from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.people import ROLE_HINTS, InvitationForm
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.accounts.models import Invitation, Role
from helpdesk.accounts.services.invitations import invite, renew, revoke
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page

_INVITATION = mails.MailTemplates(
    subject="accounts/mail/invitation_subject.txt",
    text="accounts/mail/invitation_message.txt",
    html="accounts/mail/invitation_message.html",
)


@requires(Capability.MANAGE_PEOPLE)
@opens_scope_itself
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: OrganizationRequest) -> HttpResponse:
    """The form; a valid one sends the invitation."""
    form = InvitationForm(request.POST or None, actor=request.membership)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            with organization_scope(request.organization.pk):
                made = invite(values["email"], role=Role(values["role"]), actor=request.membership)
        except ValidationError as error:
            show_refusal(form, error)
        else:
            return _send(request, *made)
    context = {"form": form, "role_hints": [(role.label, hint) for role, hint in ROLE_HINTS.items()]}
    with organization_scope(request.organization.pk):
        return page_or_part(
            request,
            "accounts/invite.html",
            "accounts/_invite.html",
            context,
            status=422 if form.errors else 200,
        )


@requires(Capability.MANAGE_PEOPLE)
@opens_scope_itself
@require_POST
def invitation_renewal(request: OrganizationRequest, invitation_id: int) -> HttpResponse:
    """The invitation goes out again, with a new link."""
    try:
        with organization_scope(request.organization.pk):
            made = renew(invitation_id, actor=request.membership)
    except Invitation.DoesNotExist as error:
        raise Http404 from error
    except DomainError as error:
        return _back(request, error.sentence, is_bad=True)
    return _send(request, *made)


@requires(Capability.MANAGE_PEOPLE)
@require_POST
def invitation_revocation(request: OrganizationRequest, invitation_id: int) -> HttpResponse:
    """The link of the invitation works no more."""
    try:
        revoke(invitation_id, actor=request.membership)
    except Invitation.DoesNotExist as error:
        raise Http404 from error
    except DomainError as error:
        return _back(request, error.sentence, is_bad=True)
    return _back(request, _("Invitation taken back"))


def _send(request: OrganizationRequest, invitation: Invitation, token: str) -> HttpResponse:
    """The mail is out; if that fails, the page shows the link, once: it is stored nowhere."""
    link = settings.BASE_URL + reverse("invitation", args=[token])
    context = {"organization": request.organization, "inviter": request.membership, "link": link}
    if mails.send(_INVITATION, to=invitation.email, context=context):
        return _back(request, _("Invitation sent to %(email)s") % {"email": invitation.email})
    unsent = {"invitation": invitation, "link": link, "is_configured": mails.is_configured()}
    with organization_scope(request.organization.pk):
        return page_or_part(request, "accounts/unsent.html", "accounts/_unsent.html", unsent)


def _back(request: OrganizationRequest, sentence: str, *, is_bad: bool = False) -> HttpResponse:
    toast_on_next_page(request, sentence, tone="bad" if is_bad else "ok")
    return redirect(request, "settings_people", slug=request.organization.slug)
