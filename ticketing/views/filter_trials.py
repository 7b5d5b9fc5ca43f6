"""Trying a filter out: what would become of a mail, written down or chosen from the log, with the form as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import page_or_part
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from ticketing.forms.filters import FilterForm
from ticketing.inbound.envelope import plain_address
from ticketing.inbound.filtering import Filter, Filtered, Filters, Verdict, compile_filter, looked_at
from ticketing.inbound.policy.filters import entry_data
from ticketing.mail.parse import parse_mail
from ticketing.models.filters import EntryKind, FilterMode
from ticketing.queries.filter_trials import offered_mails
from ticketing.reason_links import ALL
from ticketing.reason_words import entry_words
from ticketing.services.filters import FilterInput, stored
from ticketing.steps.view import StepView
from ticketing.views.filters import owner_or_404

MAX_CHARS = 100_000


@dataclass(frozen=True)
class _Tried:
    """What is tried, and where its bytes are, if it is a real message."""

    mail: Filtered
    is_answer: bool
    storage_key: str = ""
    default_charset: str = ""


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@opens_scope_itself
def filter_trial(request: OrganizationRequest, whose: str) -> HttpResponse:
    """What the filters would do; nothing is made. Storage is read outside the scope."""
    with organization_scope(request.organization.pk):
        mailbox = owner_or_404(whose)
        tried = _asked_for(request, mailbox)
    mail = _whole(tried) if tried.storage_key else tried.mail
    with organization_scope(request.organization.pk):
        data = FilterForm(request.POST).as_far_as_valid() if "mode" in request.POST else stored(mailbox)
        steps = _steps(_filters(mailbox, data), mail, mailbox=mailbox, is_answer=tried.is_answer) if mail else []
        context = {
            "steps": steps,
            "is_missing": mail is None,
            "has_headers": not tried.storage_key and any(each.kind is EntryKind.HEADER for each in data.entries),
            "mailbox": mailbox,
            "whose": mailbox.pk if mailbox else ALL,
        }
        return page_or_part(request, "ticketing/filter_trial.html", "ticketing/_filter_trial.html", context)


def _asked_for(request: OrganizationRequest, mailbox: Mailbox | None) -> _Tried:
    data = request.POST
    chosen = data.get("message", "")
    row = next((row for row in offered_mails(mailbox) if str(row.pk) == chosen), None) if chosen else None
    if row is not None and row.raw is not None:
        return _Tried(
            Filtered(sender=row.sender, subject=row.subject, text=""),
            is_answer=_was_answer(row),
            storage_key=row.raw.storage_key,
            default_charset=row.mailbox.default_charset,
        )
    written = Filtered(
        sender=data.get("sender", "").strip().lower()[:320],
        subject=data.get("subject", "")[:1000],
        text=data.get("text", "")[:MAX_CHARS],
    )
    return _Tried(written, is_answer="is_answer" in data)


def _was_answer(row: RemoteMessage) -> bool:
    return row.outcome == Outcome.ADDED or (row.outcome == Outcome.IGNORED and row.ticket_id is not None)


def _whole(tried: _Tried) -> Filtered | None:
    """The real message as filters see it; None when its bytes are gone."""
    try:
        content = files.read(tried.storage_key)
    except FileNotFoundError:
        return None
    mail = parse_mail(content, default_charset=tried.default_charset or None)
    return looked_at(mail, sender=plain_address(mail.from_))


def _filters(mailbox: Mailbox | None, data: FilterInput) -> Filters:
    """The two filters, one of them as it stands in the form."""
    edited = compile_filter(data.mode, data.entries)
    if mailbox is None:
        return Filters(edited, compile_filter(FilterMode.EVERYTHING, ()))
    of_all = stored(None)
    return Filters(compile_filter(of_all.mode, of_all.entries), edited)


def _steps(filters: Filters, mail: Filtered, *, mailbox: Mailbox | None, is_answer: bool) -> list[StepView]:
    """What each filter says, then what becomes of the mail."""
    names = [(True, filters.of_all, _("Filter of all mailboxes"))]
    if mailbox is not None:
        names.append((False, filters.of_mailbox, _("Filter of %(name)s") % {"name": mailbox.name}))
    verdict = filters.ignore(mail) or (None if is_answer else filters.refuse(mail))
    steps: list[StepView] = []
    for of_all, each, name in names:
        if verdict is not None and verdict.of_all == of_all:
            return [*steps, StepView("fail", name, _why(verdict), icon="filter"), _kept_out(is_answer=is_answer)]
        steps.append(StepView("ok", name, _passed(each, mail, is_answer=is_answer)))
    words = _("Added to its ticket") if is_answer else _("Comes in")
    return [*steps, StepView("run", words, _("Unless another step decides: a bounce, say."), icon="arrow-right")]


def _why(verdict: Verdict) -> str:
    if verdict.hit is None:
        return _("It allows new mail of others only: no entry matches.")
    data = {**entry_data(verdict.hit.entry), "place": verdict.hit.place}
    return _("It ignores %(entry)s.") % {"entry": entry_words(data)}


def _passed(each: Filter, mail: Filtered, *, is_answer: bool) -> str:
    if each.mode is FilterMode.EVERYTHING:
        return _("It accepts everything.")
    if each.mode is FilterMode.IGNORE:
        return _("No entry matches.")
    hit = each.hit(mail)
    if hit is None or is_answer:
        return _("It decides about new mail only; answers to tickets come in.")
    return _("It allows %(entry)s.") % {"entry": entry_words({**entry_data(hit.entry), "place": hit.place})}


def _kept_out(*, is_answer: bool) -> StepView:
    text = _("It stands in the inbound log with this reason; nobody is answered.")
    if is_answer:
        text = _("It stands in the inbound log with this reason, and the ticket's history tells of it.")
    return StepView("warn", _("Ignored"), text, icon="ban")
