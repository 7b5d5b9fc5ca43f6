"""The parser bench: a mail that somebody has at hand, looked at step by step; and the same mail made anonymous."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import page_or_part
from mailboxes.models import Mailbox
from ticketing.bench_words import bench_view
from ticketing.trying.anonymous.mails import anonymise
from ticketing.trying.bench import Benched, NoMail, checked, look_at


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@opens_scope_itself
def bench(request: OrganizationRequest) -> HttpResponse:
    """The form; posted, what becomes of the mail. Nothing is stored."""
    organization_id = request.organization.pk
    with organization_scope(organization_id):
        chosen = _mailbox_id(request)
    trouble, benched = "", None
    if request.method == "POST":
        try:
            benched = look_at(_content(request), mailbox_id=chosen, organization_id=organization_id)
        except NoMail as refused:
            trouble = refused.sentence
    with organization_scope(organization_id):
        return _page(request, chosen, benched, trouble=trouble)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@opens_scope_itself
def anonymous_mail(request: OrganizationRequest) -> HttpResponse:
    """The mail as a file, without what it says and whom it names."""
    try:
        content = anonymise(_content(request), key=secrets.token_bytes(32))
    except NoMail as refused:
        with organization_scope(request.organization.pk):
            return _page(request, _mailbox_id(request), None, trouble=refused.sentence)
    response = HttpResponse(content, content_type="message/rfc822")
    response["Content-Disposition"] = 'attachment; filename="anonymous.eml"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _content(request: OrganizationRequest) -> bytes:
    """The bytes of the file, else of what was pasted. Raises NoMail."""
    file = request.FILES.get("file")
    if file is not None:
        return checked(file.read())
    return checked(request.POST.get("source", "").encode("utf-8", "replace"))


def _mailbox_id(request: OrganizationRequest) -> int | None:
    """The mailbox that was chosen; the first one before anything was."""
    ids = list(_mailboxes().values_list("pk", flat=True))
    if "mailbox" not in request.POST:
        return ids[0] if ids else None
    return next((pk for pk in ids if str(pk) == request.POST["mailbox"]), None)


def _mailboxes() -> Any:
    return Mailbox.objects.filter(deleted_at=None).order_by("name", "pk")


def _page(request: OrganizationRequest, chosen: int | None, benched: Benched | None, *, trouble: str) -> HttpResponse:
    context: dict[str, Any] = {
        "mailboxes": list(_mailboxes().values_list("pk", "name", "address")),
        "chosen": chosen,
        "source": request.POST.get("source", ""),
        "trouble": trouble,
    }
    if benched is not None:
        mailbox = Mailbox.objects.filter(pk=chosen).first() if chosen else None
        context["view"] = bench_view(benched, organization=request.organization, mailbox=mailbox)
    status = 422 if trouble else 200
    return page_or_part(request, "ticketing/bench.html", "ticketing/_bench.html", context, status=status)
