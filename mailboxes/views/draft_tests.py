"""Tests of a draft, as its third step."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.connectors.errors import ConnectorError
from mailboxes.diagnosis.plan import Plan
from mailboxes.forms.any_mailbox import AnyMailboxForm
from mailboxes.forms.kinds import filled_form
from mailboxes.models import Mailbox
from mailboxes.services.sending.check_mail import check_mail
from mailboxes.services.setup.drafts import OF_TESTS, change_draft, note, take_due_test
from mailboxes.services.setup.form_config import plan_of
from mailboxes.services.setup.testing import ConnectionRun, run_of_draft, start_test
from mailboxes.services.setup.testing_places import Place, place_of
from mailboxes.views.connection_test import is_allowed, place_name, run_context
from mailboxes.views.drafts import LATER, around, leave, of_draft, to_step
from mailboxes.wizard import Step, is_connected, is_read, stands_at, url_of


def begin_test(request: OrganizationRequest, draft: Mailbox, *, sends_test_mail: bool) -> ConnectionRun | None:
    """The test is under way, and the draft's latest; None, and a toast on the next page, if it cannot be.

    Of two who ask for it at the same moment, the second is given the test of the first.
    """
    if not is_allowed(request.membership):
        words = _("That were many tests in a minute. Wait a moment, then test again.")
        toast_on_next_page(request, words, tone="bad")
        return None
    form = filled_form(draft)
    plan = _plan(request, draft, form, sends_test_mail=sends_test_mail)
    if plan is None:
        return None
    run = start_test(
        plan,
        address=draft.address,
        organization_id=request.organization.pk,
        mailbox_name=draft.name,
        draft_id=draft.pk,
        form_url=url_of(Step.SIGN_IN, draft, slug=request.organization.slug),
        place=_place(draft, form, sends_test_mail=sends_test_mail),
    )
    note(draft, forget=OF_TESTS, run=run.run_id)
    return run


def _plan(
    request: OrganizationRequest, mailbox: Mailbox, form: AnyMailboxForm, *, sends_test_mail: bool
) -> Plan | None:
    test_mail = check_mail(mailbox.address) if sends_test_mail else None
    try:
        if form.is_valid():
            return plan_of(form.to_input(is_enabled=False), mailbox=mailbox, test_mail=test_mail)
        why = next(iter(form.errors.values()))[0]
    except ConnectorError as problem:
        why = problem.detail
    words = _("It cannot be tested as it stands. %(why)s")
    toast_on_next_page(request, words % {"why": why}, tone="bad")
    return None


def _place(draft: Mailbox, form: AnyMailboxForm, *, sends_test_mail: bool) -> Place:
    """The draft with what is tested of it; a form shows no secrets, and sealed anew they are others."""
    grant = getattr(draft.connection, "grant", None)
    secrets = {
        "password": draft.connection.password_sealed,
        "sending": draft.outgoing.password_sealed if draft.outgoing else "",
        "app": grant.client_secret_sealed if grant else "",
        "tokens": grant.tokens_sealed if grant else "",
    }
    return place_of(place_name(draft), {**form.data, "secrets": secrets, "sends": sends_test_mail})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def setup_test(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """How far the test of the draft is; sent, the draft goes on to the next step, or waits in the list.

    Right after somebody signed in it begins by itself, once.
    """
    if not is_connected(draft) or not is_read(draft):
        return to_step(request, stands_at(draft), draft)
    if request.method == "GET" and take_due_test(draft):
        begin_test(request, draft, sends_test_mail=False)
    run = run_of_draft(draft)
    if request.method == "POST":
        return _went_on(request, draft, run)
    context = around(request, Step.TEST, draft) | (run_context(run) if run else {})
    return render(request, "mailboxes/setup_test.html", context)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def run_setup_test(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """A test of the draft is under way: another one, unless one is not over yet."""
    if not is_connected(draft) or not is_read(draft):
        return to_step(request, stands_at(draft), draft)
    running = run_of_draft(draft)
    if running is None or running.is_done:
        begin_test(request, draft, sends_test_mail=request.POST.get("sends_test_mail") == "on")
    return to_step(request, Step.TEST, draft)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def setup_folder(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """The draft reads this folder, one of those that its test has found, and is tested again."""
    if not is_connected(draft) or not is_read(draft):
        return to_step(request, stands_at(draft), draft)
    run, folder = run_of_draft(draft), request.POST.get("folder", "")
    if run is None or folder not in run.folders:
        words = _("That folder is not among those that were found. Test again, and choose from the list.")
        toast_on_next_page(request, words, tone="bad")
    elif _take_folder(request, draft, folder=folder):
        begin_test(request, draft, sends_test_mail=False)
    return to_step(request, Step.TEST, draft)


def _take_folder(request: OrganizationRequest, draft: Mailbox, *, folder: str) -> bool:
    """True if the draft reads this folder; else why not stands in a toast on the next page."""
    more = draft.setup.get("more", [])
    form = filled_form(draft, more=more)
    try:
        if form.is_valid():
            entered = replace(form.to_input(is_enabled=False), folder=folder)
            change_draft(draft, entered, more=more, actor=request.membership)
            return True
        why = next(iter(form.errors.values()))[0]
    except DomainError as refused:
        why = refused.sentence
    toast_on_next_page(request, str(why), tone="bad")
    return False


def _went_on(request: OrganizationRequest, draft: Mailbox, run: ConnectionRun | None) -> HttpResponse:
    """The outcome stands on the draft, if it is the one that was seen."""
    if request.POST.get("run", "") != (run.run_id if run else ""):
        toast_on_next_page(request, _("It was tested or changed again meanwhile. Look at it once more."), tone="info")
        return to_step(request, Step.TEST, draft)
    is_passed = run is not None and run.is_passed
    if request.POST.get("then") != LATER:
        note(draft, tested="passed" if is_passed else "skipped")
        return to_step(request, Step.IMPORT, draft)
    if is_passed:
        note(draft, tested="passed")
    return leave(request, draft)
