"""Automatic answers: what holds for all mailboxes, and what one mailbox says of its own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.services.business_hours import opening_hours
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.views.lookup import mailbox_or_404
from ticketing.answering.limits import limits
from ticketing.forms.answers import AllAnswersForm, MailboxAnswersForm
from ticketing.queries.answers import mailboxes_that_differ, texts_of
from ticketing.reason_links import ALL
from ticketing.services.answer_policy import policy_of, set_answer_limits, set_answer_policy


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def automatic_answers(request: OrganizationRequest) -> HttpResponse:
    """What holds for all mailboxes; posted, it holds from the next mail on."""
    if request.method != "POST":
        return _all(request, AllAnswersForm.of(policy_of(None), limits()))
    form = AllAnswersForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                set_answer_policy(None, form.policy(), version=form.cleaned_data["version"], actor=request.membership)
                version = form.cleaned_data["limits_version"]
                set_answer_limits(form.limits(), version=version, actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            return _saved(request, "automatic_answers")
    return _all(request, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mailbox_answers(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What one mailbox says of its own; posted, it holds from the next mail on."""
    mailbox, of_all = mailbox_or_404(mailbox_id), policy_of(None)
    if request.method != "POST":
        return _of_mailbox(request, MailboxAnswersForm.of(policy_of(mailbox), of_all=of_all), mailbox=mailbox)
    form = MailboxAnswersForm(request.POST, of_all=of_all)
    if form.is_valid():
        try:
            set_answer_policy(mailbox, form.policy(), version=form.cleaned_data["version"], actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            return _saved(request, "mailbox_answers", mailbox_id=mailbox_id)
    return _of_mailbox(request, form, mailbox=mailbox, status=422)


def _saved(request: OrganizationRequest, view: str, **where: Any) -> HttpResponse:
    toast_on_next_page(request, _("Saved. It holds from the next mail on."))
    return redirect(request, view, slug=request.organization.slug, **where)


def _all(request: OrganizationRequest, form: AllAnswersForm, *, status: int = 200) -> HttpResponse:
    context = _context(form, None) | {"differing": mailboxes_that_differ()}
    return render(request, "ticketing/automatic_answers.html", context, status=status)


def _of_mailbox(
    request: OrganizationRequest, form: MailboxAnswersForm, *, mailbox: Mailbox, status: int = 200
) -> HttpResponse:
    return render(request, "ticketing/mailbox_answers.html", _context(form, mailbox), status=status)


def _context(form: Any, mailbox: Mailbox | None) -> dict[str, Any]:
    whose = mailbox.pk if mailbox is not None else ALL
    return {"form": form, "mailbox": mailbox, "whose": whose, "kinds": texts_of(mailbox), "hours": opening_hours()}
