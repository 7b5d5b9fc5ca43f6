"""The inbound log: every message that a server showed us, what became of it and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.web.counts import bounded_counts
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import page_or_part, wants_part
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.queries.whole_fetches import whole_mails
from ticketing.answer_words import answer_views
from ticketing.forward_words import forward_words
from ticketing.log_words import LOOKS, steps_of
from ticketing.models import ForwardedMail
from ticketing.own_header_words import own_headers, sent_as
from ticketing.queries import log_page
from ticketing.queries.answers import answers_to
from ticketing.queries.inbound_log import LOG_ORDER, LogFilter
from ticketing.queries.log_batches import shown_batches
from ticketing.queries.log_filter import NAMES, like, log_filter
from ticketing.queries.missing_mail import places_to_look
from ticketing.reason_links import filter_url, setting_url
from ticketing.services.blocking import is_blocked
from ticketing.services.intake_retry import SETTING_OUTCOMES, SETTING_REASONS
from ticketing.services.log_actions import ACTIONS, can_retry, offered
from ticketing.services.retention import retention
from ticketing.steps.around import no_answer_words
from ticketing.steps.links import step_url

COUNTED = (Outcome.HELD, Outcome.FAILED)  # what waits for somebody
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
    wanted = log_filter(request.GET.dict())
    since = log_page.searched_since(wanted)
    rows = log_page.filtered_rows(wanted, since=since)
    page = paginate(rows, order_by=LOG_ORDER, cursor=request.GET.get("cursor", ""))
    waiting = [log_page.filtered_rows(LogFilter(outcome=each), since=None) for each in COUNTED]
    counts = dict(zip(COUNTED, bounded_counts(waiting), strict=True))
    lines, many = log_page.lines_of(page, wanted), _many(request, wanted)
    return {
        "page": page,
        "lines": [(line, LOOKS[line.row.outcome] if line.row else ("", "filter")) for line in lines],
        "places": places_to_look(request.organization) if wanted.text and not lines else (),
        "wanted": wanted,
        "searched_since": since,
        "outcomes": [(outcome.value, outcome.label, str(counts.get(outcome) or "")) for outcome in CHIPS],
        "failed_count": counts[Outcome.FAILED],
        "held_count": counts[Outcome.HELD],
        "asked": {name: request.GET.get(name, "") for name in NAMES},
        "compared": log_page.compared(wanted.mailbox_id),
        "raw_days": retention().raw_days,
        "many": many,
        "may_join": any(name == "join" for name, _words in many),
        "log_batches": shown_batches(request.membership),
        "mailboxes": log_page.mailbox_names(),
        "kept": _kept(request),
    }


def _many(request: OrganizationRequest, wanted: LogFilter) -> list[tuple[str, object]]:
    """Name and words of what this person can do with several messages of those that are shown."""
    return [
        (name, action.many)
        for name, action in ACTIONS.items()
        if action.many
        and can(request.membership, action.capability)
        and (not wanted.outcome or wanted.outcome in action.outcomes)
    ]


def _kept(request: OrganizationRequest) -> str:
    """The filters and the place, as a query for links to details and back."""
    found = {name: request.GET[name] for name in (*NAMES, "cursor") if request.GET.get(name)}
    return f"?{urlencode(found)}" if found else ""


def entry_context(request: OrganizationRequest, entry: RemoteMessage) -> dict[str, Any]:
    """What the details of one message show."""
    raw = entry.raw
    whole_mail = whole_mails([raw.pk]).get(raw.pk) if raw and raw.is_header_only else None
    headers = own_headers(entry, viewer=request.membership)
    return {
        "entry": entry,
        "whole_mail": whole_mail,
        "may_fetch": can(request.membership, Capability.MANAGE_CHANNELS),
        "look": LOOKS[entry.outcome],
        "filter_url": filter_url(request.organization, entry),
        "setting_url": setting_url(request.organization, entry),
        "steps": steps_of(entry, organization=request.organization),
        "own_headers": headers,
        "sent_as": sent_as(entry) if headers else None,
        "forwarded": _forwarded(entry),
        "answers": answer_views(answers_to(raw.pk), organization=request.organization) if raw else [],
        "no_answer": no_answer_words(entry),
        "answers_url": step_url("answers", request.organization, entry),
        "copies": log_page.copies_of(entry),
        "actions": _actions(request, entry),
        "same_error": _same_error(request, entry),
        "is_under_way": entry.outcome == Outcome.PENDING and entry.raw is not None,
        "is_chosen": request.headers.get("HX-Trigger", "").startswith("entry-"),
        "kept": _kept(request),
    }


def _same_error(request: OrganizationRequest, entry: RemoteMessage) -> object:
    """How many messages failed as this one did, itself included; None where there are no others to try again."""
    if not can_retry(entry) or not can(request.membership, Capability.MANAGE_CHANNELS):
        return None
    count = bounded_counts([log_page.filtered_rows(like(entry), since=None)])[0]
    return count if count.number > 1 else None


def _forwarded(entry: RemoteMessage) -> str:
    """What became of a discarded mail that was to go on to somebody."""
    if not entry.reason_data.get("forwards"):
        return ""
    row = ForwardedMail.objects.filter(raw_id=entry.raw_id).first()
    return forward_words(row) if row is not None else ""


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
