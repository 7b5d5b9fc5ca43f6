"""The inbound log: every message that a server showed us, what became of it and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.web.counts import bounded_count
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import page_or_part, wants_part
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.queries.whole_fetches import whole_mails
from ticketing.answer_words import answer_views
from ticketing.log_words import LOOKS, own_headers, steps_of
from ticketing.queries import log_page
from ticketing.queries.answers import answers_to
from ticketing.queries.inbound_log import LOG_ORDER, LogFilter
from ticketing.queries.missing_mail import places_to_look
from ticketing.reason_links import filter_url, setting_url
from ticketing.services.blocking import is_blocked
from ticketing.services.intake_retry import SETTING_OUTCOMES, SETTING_REASONS
from ticketing.services.log_actions import ACTIONS, offered

MAX_WORDS = 200
MAX_ID_DIGITS = 18  # what a database takes as a number
CHIPS = (
    Outcome.CREATED,
    Outcome.ADDED,
    Outcome.HELD,
    Outcome.IGNORED,
    Outcome.REJECTED,
    Outcome.SPAM,
    Outcome.LOOP,
    Outcome.BOUNCE,
    Outcome.DUPLICATE,
    Outcome.FAILED,
    Outcome.PENDING,
)


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def inbound_log(request: OrganizationRequest) -> HttpResponse:
    """A page of the log, filtered by `outcome`, `mailbox` and `q`."""
    return page_or_part(
        request,
        "ticketing/inbound_log.html",
        "ticketing/_inbound_log.html",
        _list_context(request),
        also=["ticketing/_inbound_log_outcomes.html"],
    )


@require_safe
@requires(Capability.VIEW_INBOUND_LOG)
def inbound_log_entry(request: OrganizationRequest, entry_id: int) -> HttpResponse:
    """The log with the details of one message; as a part the details alone."""
    context = entry_context(request, entry_or_404(entry_id))
    if not wants_part(request):
        context |= _list_context(request)
    return page_or_part(request, "ticketing/inbound_log.html", "ticketing/_inbound_log_entry.html", context)


def entry_or_404(entry_id: int) -> RemoteMessage:
    """The message of the open scope, with mailbox, raw and `ticket_number`. Raises Http404."""
    entry = log_page.entry_of(entry_id)
    if entry is None:
        raise Http404
    return entry


def _list_context(request: OrganizationRequest) -> dict[str, Any]:
    wanted = filter_of(request)
    since = log_page.searched_since(wanted)
    rows = log_page.filtered_rows(wanted, since=since)
    page = paginate(rows, order_by=LOG_ORDER, cursor=request.GET.get("cursor", ""))
    failed = log_page.filtered_rows(LogFilter(outcome=Outcome.FAILED), since=None)
    lines = log_page.lines_of(page, wanted)
    return {
        "page": page,
        "lines": [(line, LOOKS[line.row.outcome] if line.row else ("", "filter")) for line in lines],
        "places": places_to_look(request.organization) if wanted.text and not lines else (),
        "wanted": wanted,
        "searched_since": since,
        "outcomes": [(outcome.value, outcome.label) for outcome in CHIPS],
        "failed_count": bounded_count(failed),
        "mailboxes": log_page.mailbox_names(),
        "kept": _kept(request),
    }


def filter_of(request: OrganizationRequest) -> LogFilter:
    """What the address asks for; what is no outcome and no number filters nothing."""
    outcome, mailbox = request.GET.get("outcome", ""), request.GET.get("mailbox", "")
    is_number = mailbox.isascii() and mailbox.isdecimal() and len(mailbox) <= MAX_ID_DIGITS
    return LogFilter(
        outcome=outcome if outcome in Outcome.values else "",
        mailbox_id=int(mailbox) if is_number else None,
        text=request.GET.get("q", "").replace("\x00", "").strip()[:MAX_WORDS],
    )


def _kept(request: OrganizationRequest) -> str:
    """The filters and the place, as a query for links to details and back."""
    names = ("outcome", "mailbox", "q", "cursor")
    found = {name: request.GET[name] for name in names if request.GET.get(name)}
    return f"?{urlencode(found)}" if found else ""


def entry_context(request: OrganizationRequest, entry: RemoteMessage) -> dict[str, Any]:
    """What the details of one message show."""
    raw = entry.raw
    whole_mail = whole_mails([raw.pk]).get(raw.pk) if raw and raw.is_header_only else None
    return {
        "entry": entry,
        "whole_mail": whole_mail,
        "may_fetch": can(request.membership, Capability.MANAGE_CHANNELS),
        "look": LOOKS[entry.outcome],
        "filter_url": filter_url(request.organization, entry),
        "setting_url": setting_url(request.organization, entry),
        "steps": steps_of(entry),
        "own_headers": own_headers(entry),
        "answers": answer_views(answers_to(raw.pk)) if raw else [],
        "copies": log_page.copies_of(entry),
        "actions": _actions(request, entry),
        "is_under_way": entry.outcome == Outcome.PENDING and entry.raw is not None,
        "is_chosen": request.headers.get("HX-Trigger", "").startswith("entry-"),
        "kept": _kept(request),
    }


def _actions(request: OrganizationRequest, entry: RemoteMessage) -> set[str]:
    """The names of what this person can do with the message; `again`: it can be decided as the settings stand now."""
    names = offered(entry)
    if entry.sender and is_blocked(entry.sender, mailbox_id=entry.mailbox_id):
        names = (names - {"block"}) | {"unblock"}
    allowed = {name for name in names if can(request.membership, ACTIONS[name].capability)}
    is_kept_out = entry.outcome in SETTING_OUTCOMES and entry.reason_code in SETTING_REASONS
    if is_kept_out and entry.raw and entry.raw.storage_key and can(request.membership, Capability.MANAGE_CHANNELS):
        allowed.add("again")
    return allowed
