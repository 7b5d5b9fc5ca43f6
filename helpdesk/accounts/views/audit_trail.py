"""The configuration log: who changed which setting, when, and from what to what."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts import queries
from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.audit_filter import NOBODY, audit_filter
from helpdesk.accounts.audit_links import links_of
from helpdesk.accounts.audit_words import AREAS, action_words, field_words
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import AuditEntry
from helpdesk.web.exports import csv_response
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import page_or_part

MAX_EXPORTED = 20_000
COLUMNS = ("at", "who", "origin", "action", "what", "target_kind", "target_id", "target", "field", "before", "after")


@requires(Capability.VIEW_AUDIT)
@require_safe
def audit_trail(request: OrganizationRequest) -> HttpResponse:
    """Entries, newest first; by who did it, by area and by day if asked for."""
    asked = audit_filter(request.GET.dict())
    entries = queries.audit_entries(asked)
    page = paginate(entries, order_by=("-at", "-id"), cursor=request.GET.get("cursor", ""))
    links = links_of(page.rows, slug=request.organization.slug)
    context = {
        "page": page,
        "entries": [_line(entry, links.get(entry.pk, "")) for entry in page.rows],
        "people": [*queries.member_choices(with_former=True), *NOBODY.items()],
        "areas": AREAS.items(),
        "asked": asked,
    }
    return page_or_part(request, "accounts/audit_trail.html", "accounts/_audit_trail.html", context)


@requires(Capability.VIEW_AUDIT)
@require_safe
def audit_export(request: OrganizationRequest) -> HttpResponse:
    """The same entries as CSV, a row for each change, the newest MAX_EXPORTED of them."""
    entries = queries.audit_entries(audit_filter(request.GET.dict())).order_by("-at", "-id")[:MAX_EXPORTED]
    rows = [row for entry in entries for row in _exported(entry)]
    return csv_response("configuration-log", columns=COLUMNS, rows=rows)


def _exported(entry: AuditEntry) -> list[list[object]]:
    who = str(entry.actor) if entry.actor else str(NOBODY.get(entry.origin, entry.origin))
    about = [entry.at.isoformat(), who, entry.origin, entry.action, action_words(entry.action)]
    about += [entry.target_kind, entry.target_id, entry.target_label]
    changes = _changes(entry) or [("", None, None)]
    return [[*about, field, before, after] for field, before, after in changes]


@dataclass(frozen=True)
class _Line:
    """One entry as it is shown."""

    entry: AuditEntry
    words: str
    label: str  # what it is about
    link: str  # where that is; "" if it is gone or has no page
    changes: list[tuple[str, object, object]]


def _line(entry: AuditEntry, link: str) -> _Line:
    return _Line(entry, action_words(entry.action), _label(entry), link, _changes(entry))


def _changes(entry: AuditEntry) -> list[tuple[str, object, object]]:
    """What changed in words, from what (None: there was nothing before), and to what."""
    named = [(field_words(field), before, after) for field, (before, after) in entry.changes.items()]
    return sorted(named, key=lambda change: change[0])  # PostgreSQL keeps the fields in an order of its own


def _label(entry: AuditEntry) -> str:
    """What was changed; empty where the actor stands for it already."""
    is_self = entry.target_kind == "membership" and entry.target_id == str(entry.actor_id)
    return "" if is_self else entry.target_label
