"""Trying a filter out: what would become of a mail, written down or chosen from the log, with the form as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, opens_scope_itself, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.rendering import page_or_part
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from ticketing.filter_trial_words import Became, trial_steps
from ticketing.forms.filters import FilterForm
from ticketing.inbound.envelope import plain_address
from ticketing.inbound.filtering import Filtered, Filters, compile_filter, looked_at
from ticketing.mail.parse import parse_mail
from ticketing.models.filters import EntryKind, FilterMode
from ticketing.queries.filter_trials import offered_mails
from ticketing.reason_links import ALL
from ticketing.services.filters import FilterInput, stored
from ticketing.trying.whole_policy import Asked, would_become, written_mail
from ticketing.views.filters import owner_or_404

MAX_CHARS = 100_000


@dataclass(frozen=True)
class _Tried:
    """What is tried, and where its bytes are, if it is a real message."""

    mail: Filtered
    is_answer: bool
    mailbox: Mailbox | None  # to which it came, or would come; None while there is none
    storage_key: str = ""
    raw_id: int | None = None


@require_POST
@requires(Capability.MANAGE_CHANNELS)
@opens_scope_itself
def filter_trial(request: OrganizationRequest, whose: str) -> HttpResponse:
    """What the filters would do, and what else is set; nothing is made. Storage is read outside the scope."""
    with organization_scope(request.organization.pk):
        mailbox = owner_or_404(whose)
        tried = _asked_for(request, mailbox)
        data = FilterForm(request.POST).as_far_as_valid() if "mode" in request.POST else stored(mailbox)
        filters = _filters(mailbox, data)
    content = _content(tried)
    mail = _seen(tried, content)
    became = _became(request, tried, content, filters=filters)
    with organization_scope(request.organization.pk):
        steps = (
            trial_steps(filters, mail, mailbox=mailbox, is_answer=tried.is_answer, became=became)
            if mail is not None
            else []
        )
        context = {
            "steps": steps,
            "is_missing": mail is None,
            "has_headers": not tried.storage_key and any(each.kind is EntryKind.HEADER for each in data.entries),
            "has_unasked_daemon": became is not None and settings.SPAM_DAEMON is not None,
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
            mailbox=row.mailbox,
            storage_key=row.raw.storage_key,
            raw_id=row.raw_id,
        )
    written = Filtered(
        sender=data.get("sender", "").strip().lower()[:320],
        subject=data.get("subject", "")[:1000],
        text=data.get("text", "")[:MAX_CHARS],
    )
    return _Tried(written, is_answer="is_answer" in data, mailbox=mailbox or _first_mailbox())


def _first_mailbox() -> Mailbox | None:
    rows = Mailbox.objects.filter(deleted_at=None, is_draft=False)
    found: Mailbox | None = rows.order_by("-is_primary", "name", "id").first()
    return found


def _was_answer(row: RemoteMessage) -> bool:
    return row.outcome == Outcome.ADDED or (row.outcome == Outcome.IGNORED and row.ticket_id is not None)


def _content(tried: _Tried) -> bytes | None:
    """The bytes; None when those of a real message are gone."""
    if not tried.storage_key:
        mail, to = tried.mail, tried.mailbox.address if tried.mailbox is not None else ""
        return written_mail(sender=mail.sender, subject=mail.subject, text=mail.text, to=to)
    try:
        return files.read(tried.storage_key)
    except FileNotFoundError:
        return None


def _seen(tried: _Tried, content: bytes | None) -> Filtered | None:
    """The message as filters see it."""
    if not tried.storage_key or content is None:
        return None if content is None else tried.mail
    charset = tried.mailbox.default_charset if tried.mailbox is not None else ""
    mail = parse_mail(content, default_charset=charset or None)
    return looked_at(mail, sender=plain_address(mail.from_))


def _became(request: OrganizationRequest, tried: _Tried, content: bytes | None, *, filters: Filters) -> Became | None:
    if content is None or tried.mailbox is None:
        return None
    asked = Asked(content, tried.raw_id, is_answer=tried.is_answer)
    organization_id = request.organization.pk
    line = would_become(asked, mailbox=tried.mailbox, filters=filters, organization_id=organization_id)
    return Became(line, tried.mailbox, request.organization)


def _filters(mailbox: Mailbox | None, data: FilterInput) -> Filters:
    """The two filters, one of them as it stands in the form."""
    edited = compile_filter(data.mode, data.entries)
    if mailbox is None:
        return Filters(edited, compile_filter(FilterMode.EVERYTHING, ()))
    of_all = stored(None)
    return Filters(compile_filter(of_all.mode, of_all.entries), edited)
