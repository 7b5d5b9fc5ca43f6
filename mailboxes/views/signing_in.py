"""Signing in at a provider: a mailbox that begins with it, the way there and back, and signing in again."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.http import host_of
from mailboxes.forms.oauth import GrantForm, SignedInMailboxForm
from mailboxes.health_words import cause_words
from mailboxes.models import ConnectionKind, Flow, Mailbox, OAuthGrant, Provider
from mailboxes.services.oauth import pending_sign_ins, signing_in
from mailboxes.services.oauth.grant_setup import change_grant, create_signed_in_mailbox
from mailboxes.services.oauth.signing_in import SignInTrouble, trouble_of
from mailboxes.services.setup.drafts import forget_tests
from mailboxes.sign_in_words import NEEDING_ADMIN, TroubleWords, trouble_words
from mailboxes.views.drafts import LATER, around, leave
from mailboxes.views.lookup import mailbox_or_404
from mailboxes.views.second_step import SecondStep, second_step
from mailboxes.wizard import Step

MAX_ANSWER_CHARS = 4000
_ANSWER_FIELDS = ("code", "state", "error", "error_description", "error_subcode", "error_subtype")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@second_step
def add_signed_in_mailbox(request: OrganizationRequest, step: SecondStep, provider: str) -> HttpResponse:
    """The form; sent, the mailbox is a draft that waits for somebody to sign in."""
    chosen = _provider(provider)
    form = SignedInMailboxForm(request.POST or None, provider=chosen, initial=step.known("address", "tenant", "kind"))
    return step.answer(
        form,
        create=lambda: _created(form, actor=request.membership),
        page="mailboxes/new_sign_in.html",
        provider=chosen,
        redirect_address=signing_in.redirect_address(),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def sign_in(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """The way to the provider, what came of the last try, and the app and account that are used."""
    mailbox = mailbox_or_404(mailbox_id)
    grant = grant_or_404(mailbox)
    form = GrantForm(request.POST or None, provider=Provider(grant.provider), grant=grant)
    if request.method == "POST" and form.is_valid():
        account = form.cleaned_data["account"] or mailbox.address
        proxy = form.cleaned_data["proxy"]
        change_grant(mailbox, account=account, app=form.to_app(), proxy=proxy, actor=request.membership)
        forget_tests(mailbox)
        if mailbox.is_draft and request.POST.get("then") == LATER:
            return leave(request, mailbox)
        return redirect(request, "sign_in", slug=request.organization.slug, mailbox_id=mailbox.pk)
    url, trouble = _way_there(request, mailbox)
    context = {
        "mailbox": mailbox,
        "grant": grant,
        "form": form,
        "url": url,
        "host": host_of(url),
        "trouble": trouble,
        "state_words": cause_words(grant.state_reason),
        "redirect_address": signing_in.redirect_address(),
        "consent_address": signing_in.admin_consent_address(mailbox) if _asks_admin(grant, trouble) else "",
    }
    context |= around(request, Step.SIGN_IN, mailbox) if mailbox.is_draft else {}
    return render(request, "mailboxes/sign_in.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def oauth_callback(request: HttpRequest) -> HttpResponse:
    """Where every provider sends people back to. Only who began a sign-in, and still may, can end it."""
    answer = {name: request.GET[name][:MAX_ANSWER_CHARS] for name in _ANSWER_FIELDS if name in request.GET}
    pending = pending_sign_ins.take(request.session, answer.get("state", ""))
    if pending is None and "admin_consent" in request.GET:
        return render(request, "mailboxes/admin_consent.html", {"is_refused": "error" in answer})
    member = _member(request, organization_id=pending.organization_id) if pending else None
    if pending is None or member is None:
        return render(request, "mailboxes/no_sign_in.html", status=400)
    trouble = signing_in.finish(
        pending.mailbox_id, pending.begun, answer=answer, organization_id=pending.organization_id, actor=member
    )
    return _back(request, member, pending.mailbox_id, trouble)


def grant_or_404(mailbox: Mailbox, *, provider: Provider | None = None) -> OAuthGrant:
    """The grant of a mailbox that somebody signs in for, at this provider if one is given. Raises Http404."""
    grants = OAuthGrant.objects.select_related("connection__proxy").exclude(flow=Flow.APP)
    if provider is not None:
        grants = grants.filter(provider=provider)
    grant: OAuthGrant = get_object_or_404(grants, connection=mailbox.connection)
    return grant


def _asks_admin(grant: OAuthGrant, trouble: TroubleWords | None) -> bool:
    return trouble.may_need_admin if trouble else grant.state_reason in NEEDING_ADMIN


def _provider(name: str) -> Provider:
    if name not in Provider.values:
        raise Http404
    return Provider(name)


def _created(form: SignedInMailboxForm, *, actor: Membership) -> Mailbox:
    data = form.cleaned_data
    return create_signed_in_mailbox(
        name=data["name"],
        address=data["address"],
        account=data["account"] or data["address"].lower(),
        provider=form.provider,
        kind=ConnectionKind(data["kind"]),
        app=form.to_app(),
        places=form.places(),
        proxy=data["proxy"],
        actor=actor,
    )


def _way_there(request: OrganizationRequest, mailbox: Mailbox) -> tuple[str, TroubleWords | None]:
    """The provider's address for a sign-in that was just begun, and what to say of the last one."""
    last = _last_trouble(request, mailbox)
    try:
        begun = signing_in.begin(mailbox)
    except ConnectorError as error:
        return "", trouble_words(trouble_of(error))
    pending_sign_ins.remember(request.session, begun, organization_id=request.organization.pk, mailbox_id=mailbox.pk)
    return begun.url, last


def _last_trouble(request: OrganizationRequest, mailbox: Mailbox) -> TroubleWords | None:
    kept: dict[str, Any] | None = request.session.pop(f"oauth_trouble_{mailbox.pk}", None)
    return trouble_words(SignInTrouble(**{**kept, "missing": tuple(kept["missing"])})) if kept else None


def _member(request: HttpRequest, *, organization_id: int) -> Membership | None:
    """The person's membership there, if it allows this now."""
    if not request.user.is_authenticated:
        return None
    rows = Membership.objects.select_related("organization", "user")
    member = rows.filter(user=request.user, organization_id=organization_id, is_active=True).first()
    return member if member is not None and can(member, Capability.MANAGE_CHANNELS) else None


def _back(request: HttpRequest, member: Membership, mailbox_id: int, trouble: SignInTrouble | None) -> HttpResponse:
    slug = member.organization.slug
    if trouble is not None:
        request.session[f"oauth_trouble_{mailbox_id}"] = {**trouble.__dict__, "missing": list(trouble.missing)}
        return redirect(request, "sign_in", slug=slug, mailbox_id=mailbox_id)
    with organization_scope(member.organization_id):
        mailbox = mailbox_or_404(mailbox_id)
    toast_on_next_page(request, _("Signed in for %(name)s.") % {"name": mailbox.name})
    if mailbox.is_draft:
        return redirect(request, "setup_test", slug=slug, mailbox_id=mailbox_id)
    return redirect(request, "mailboxes", slug=slug)
