"""The staged test of what stands in the form, before it is saved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError
from mailboxes.diagnosis import words
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.folder_tree import folder_tree
from mailboxes.forms.kinds import form_for
from mailboxes.models import Mailbox, OutgoingServer
from mailboxes.services.reading.sessions import seats_of
from mailboxes.services.sending.check_mail import check_mail
from mailboxes.services.setup.form_config import plan_of
from mailboxes.services.setup.testing import ConnectionRun, run_named, running_at, start_test, stop_test
from mailboxes.services.setup.testing_places import Place, place_of
from mailboxes.views.lookup import mailbox_or_404

TESTS_PER_MINUTE = 20
ICONS = {
    Stage.RESOLVE: "globe",
    Stage.CONNECT: "plug",
    Stage.TLS: "shield",
    Stage.SIGN_IN: "key",
    Stage.TOKEN: "key",
    Stage.MAILBOX: "mailbox",
    Stage.FOLDER: "inbox",
    Stage.READ: "mail",
    Stage.SEND: "send",
}
_STATES = {
    State.RUN: ("run", "running"),
    State.OK: ("ok", "passed"),
    State.WARN: ("warn", "passed, with a remark"),
    State.FAIL: ("fail", "failed"),
    State.SKIP: ("skip", "not tried"),
}


_CHANGE = gettext_lazy("Change the settings")
_MEND = {
    "password": gettext_lazy("Change the password"),
    "smtp_password": gettext_lazy("Change the password"),
    "username": gettext_lazy("Change the username"),
    "host": gettext_lazy("Change the server"),
    "smtp_host": gettext_lazy("Change the server"),
    "port": gettext_lazy("Change the port"),
    "security": gettext_lazy("Change the encryption"),
    "folder": gettext_lazy("Change the folder"),
    "client_secret": gettext_lazy("Change the client secret"),
    "client_id": gettext_lazy("Change the client ID"),
    "tenant": gettext_lazy("Change the tenant"),
    "address": gettext_lazy("Change the address"),
}


@dataclass(frozen=True)
class StageView:
    """One line of the test."""

    title: str
    icon: str
    state: str
    word: str
    text: str = ""
    took: str = ""
    causes: tuple[tuple[str, str], ...] = ()  # sentence, id of the field that mends it
    server_words: str = ""
    said_at: datetime | None = None
    name: str = ""
    offer: object = None  # a TrustOffer: the certificate that could be trusted
    mend: str = ""  # id of the field that most likely mends it
    mend_words: str = ""


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def start_connection_test(request: OrganizationRequest) -> HttpResponse:
    """The test of the posted form is under way; 422 with the form's errors when they cannot be tested."""
    stored = request.POST.get("mailbox", "")
    mailbox = mailbox_or_404(int(stored)) if re.fullmatch("[0-9]{1,18}", stored) else None
    form = form_for(request.POST, mailbox=mailbox, kind=request.POST.get("kind", ""))
    if form.is_valid() and not is_allowed(request.membership):
        form.add_error(None, _("That were many tests in a minute. Wait a moment, then test again."))
    if not form.is_valid():
        return render(request, "mailboxes/_test_errors.html", {"form": form}, status=422)
    place = place_on_page(request, mailbox)
    address = form.cleaned_data["address"]
    test_mail = check_mail(address) if form.cleaned_data["sends_test_mail"] else None
    try:
        plan = plan_of(form.to_input(is_enabled=False), mailbox=mailbox, test_mail=test_mail)
    except ConnectorError as problem:
        form.add_error(None, problem.detail)
        return render(request, "mailboxes/_test_errors.html", {"form": form}, status=422)
    run = start_test(
        plan,
        address=address,
        organization_id=request.organization.pk,
        mailbox_name=mailbox.name if mailbox else "",
        seats=seats_of(mailbox) if mailbox and not mailbox.is_draft else None,
        place=place,
    )
    return show_run(request, run)


def running_test(of: Mailbox | OutgoingServer) -> dict[str, object]:
    """The test of what stands on the page of the mailbox or server, while it runs, as `_test.html` shows it."""
    run = running_at(place_name(of), organization_id=of.organization_id)
    return run_context(run) if run is not None else {}


def place_on_page(request: OrganizationRequest, of: Mailbox | OutgoingServer | None) -> Place:
    """Where the posted form of it is tested, one test at a time. What is not stored yet may stand in several tabs."""
    entered = {name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"}
    if of is not None:
        return place_of(place_name(of), entered)
    return Place(f"new:{request.membership.pk}:{place_of('new', entered).values}")


def place_name(of: Mailbox | OutgoingServer) -> str:
    """What places on the page of the mailbox or server are called."""
    return f"{of._meta.model_name}:{of.pk}"


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def connection_test(request: OrganizationRequest, run_id: str) -> HttpResponse:
    """How far the test is; nothing new, nothing swapped, so that no click meets a button that is being replaced."""
    run = run_named(run_id, organization_id=request.organization.pk)
    if run is None:
        raise Http404
    if not run.is_done and request.GET.get("seen") == str(run.progress):
        return HttpResponse(status=204)
    return show_run(request, run)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def stop_connection_test(request: OrganizationRequest, run_id: str) -> HttpResponse:
    """The test is stopped where it is."""
    run = stop_test(run_id, organization_id=request.organization.pk)
    if run is None:
        raise Http404
    return show_run(request, run)


def is_allowed(member: Membership) -> bool:
    """True for the first TESTS_PER_MINUTE of a minute: nobody scans ports through the test."""
    key = f"connection-tests:{member.pk}:{int(clock.now().timestamp() // 60)}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key) <= TESTS_PER_MINUTE


def show_run(request: OrganizationRequest, run: ConnectionRun) -> HttpResponse:
    """How far the test is, as the part of a page."""
    return render(request, "mailboxes/_test.html", run_context(run) | {"is_part": True})


def run_context(run: ConnectionRun) -> dict[str, object]:
    """How far the test is, as `_test.html` shows it."""
    seen = {result.stage: result for result in run.results}
    stages = [_view(seen[stage], is_done=run.is_done) if stage in seen else _waiting(stage) for stage in run.stages]
    headline, remark = _verdict(run)
    context = {"run": run, "stages": stages, "headline": headline, "remark": remark}
    return context | {"title": _title(run), "reads": not _only_sends(run)} | folders_of(run)


def folders_of(run: ConnectionRun | None) -> dict[str, object]:
    """The folders that the test has found, to be chosen from: as a list, and as a tree."""
    if run is None:
        return {}
    return {"folders": run.folders, "folder_tree": folder_tree(run.folders, delimiter=run.delimiter)}


def _verdict(run: ConnectionRun) -> tuple[str, str]:
    """What the test as a whole came to."""
    if run.failed is not None:
        sentences = words.SENDING_FAILED if _only_sends(run) else words.FAILURES[run.failed.stage]
    elif not run.is_done:
        sentences = words.RUNNING
    elif run.is_passed:
        sentences = _passed(run)
    else:
        sentences = words.STOPPED if run.is_stopped else words.INTERRUPTED
    headline, remark = sentences
    return _(headline), _(remark).format(address=run.address)


def _passed(run: ConnectionRun) -> tuple[str, str]:
    """No more is said to work than was tried."""
    if not run.has_tried_sending:
        return words.PASSED_READING
    if _only_sends(run):
        return words.SENDING_PASSED
    if run.came_back is None:
        return words.PASSED_DRAFT if run.has_made_draft else words.PASSED_UNSENT
    return words.PASSED if run.came_back else words.PASSED_NOT_SEEN


def _only_sends(run: ConnectionRun) -> bool:
    """True for the test of an outgoing server by itself."""
    return run.stages == (Stage.SEND,)


def _title(run: ConnectionRun) -> str:
    """The state in a few words, for the tab of the browser."""
    if run.failed is not None:
        sentence, at = words.FAILED_TITLES[run.failed.stage], run.failed.stage
    elif not run.is_done:
        sentence, at = words.RUNNING_TITLE, run.results[-1].stage if run.results else run.stages[0]
    elif run.is_passed:
        return _(words.PASSED_TITLE)
    else:
        return _(words.STOPPED_TITLE) if run.is_stopped else _(words.INTERRUPTED_TITLE)
    return _(sentence).format(step=run.stages.index(at) + 1, steps=len(run.stages))


def _waiting(stage: Stage) -> StageView:
    return StageView(title=_(words.STAGES[stage]), icon=ICONS[stage], state="wait", word=_("waiting"))


def _view(result: StageResult, *, is_done: bool) -> StageView:
    state, word = _STATES[result.state]
    text = _filled(words.FACTS[result.fact], result.facts) if result.fact else ""
    if is_done and result.state is State.RUN:
        state, word = "skip", "not finished"
        text = _("%(what)s: not finished") % {"what": text}
    mending = next((cause.form_field for cause in result.causes if cause.form_field), "")
    return StageView(
        title=_(words.STAGES[result.stage]),
        icon=ICONS[result.stage],
        state=state,
        word=_(word),
        text=text,
        took=_took(result),
        causes=tuple(_cause(cause) for cause in result.causes),
        server_words=result.server_words,
        said_at=result.said_at,
        name=result.stage,
        offer=result.evidence.get("offer"),
        mend=f"id_{mending}" if mending else "",
        mend_words=str(_MEND.get(mending, _CHANGE)),
    )


def _cause(cause: Cause) -> tuple[str, str]:
    return _filled(words.CAUSES[cause.code], cause.facts), f"id_{cause.form_field}" if cause.form_field else ""


def _took(result: StageResult) -> str:
    if result.state in (State.RUN, State.SKIP):
        return ""
    milliseconds = round(result.took_s * 1000)
    return _("%(n)d ms") % {"n": milliseconds} if milliseconds < 1000 else _("%(n).1f s") % {"n": result.took_s}


def _filled(sentence: str, facts: object) -> str:
    values = dict(facts) if isinstance(facts, dict) else {}
    shown = {name: formats.date_format(value) if isinstance(value, date) else value for name, value in values.items()}
    return _(sentence).format_map(shown)
