"""The switch between mail and tickets, and what stands above the pages of mailboxes while it is off."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.banners import Banner
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.services.setup.mail_switch import start_taking_mail, stop_taking_mail

_WAITS = gettext_lazy("Mail becomes no tickets until you switch it on again. Nothing is lost.")
_TOLD = gettext_lazy("Mail opens no tickets until you switch it on again. Who writes is told.")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mail_switch(request: OrganizationRequest) -> HttpResponse:
    """What the switch does, and the switch."""
    if request.method != "POST":
        return render(request, "mailboxes/mail_switch.html")
    if request.POST.get("state") == "on":
        start_taking_mail(request.organization, actor=request.membership)
        toast_on_next_page(request, _("Mail becomes tickets again. Every mailbox is being checked."))
    else:
        tells = request.POST.get("meanwhile") == "tell"
        stop_taking_mail(request.organization, actor=request.membership, tells=tells)
        # It may have been off already, and then stays as it was.
        toast_on_next_page(request, str(_TOLD if request.organization.tells_while_off else _WAITS))
    return redirect(request, "mailboxes", slug=request.organization.slug)


def mail_switch_banner(request: HttpRequest) -> Iterable[Banner]:
    """Above every page of this layer, for whoever manages channels, while the switch is off."""
    actor: Membership | None = getattr(request, "membership", None)
    match = request.resolver_match
    is_ours = match is not None and match.func.__module__.startswith("mailboxes.") and match.url_name != "mail_switch"
    if actor is None or not is_ours or actor.organization.takes_mail or not can(actor, Capability.MANAGE_CHANNELS):
        return []
    return [
        Banner(
            title=_("Email to ticket is off."),
            text=_("New mail opens no ticket, and its sender is told. Answers go into their tickets.")
            if actor.organization.tells_while_off
            else _("No mailbox is read. Mail waits on its server, and what is brought is kept."),
            url=reverse("mail_switch", kwargs={"slug": actor.organization.slug}),
            action=_("Email to ticket"),
        )
    ]
