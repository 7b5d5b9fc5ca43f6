"""The configuration log: who changed which setting, when, and from what to what."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from helpdesk.accounts import queries
from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.audit_words import AREAS, action_words, field_words
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import AuditEntry
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import page_or_part


@requires(Capability.VIEW_AUDIT)
@require_safe
def audit_trail(request: OrganizationRequest) -> HttpResponse:
    """Entries, newest first; by member and by area if asked for."""
    member, area = request.GET.get("member", ""), request.GET.get("area", "")
    member_id = int(member) if member.isascii() and member.isdigit() and len(member) < 19 else None
    area = area if area in AREAS else ""
    entries = queries.audit_entries(actor_id=member_id, area=area)
    page = paginate(entries, order_by=("-at", "-id"), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "entries": [(entry, action_words(entry.action), _label(entry), _changes(entry)) for entry in page.rows],
        "members": queries.member_choices(with_former=True),
        "areas": AREAS.items(),
        "member": member_id or "",
        "area": area,
    }
    return page_or_part(request, "accounts/audit_trail.html", "accounts/_audit_trail.html", context)


def _changes(entry: AuditEntry) -> list[tuple[str, object, object]]:
    """What changed in words, from what (None: there was nothing before), and to what."""
    named = [(field_words(field), before, after) for field, (before, after) in entry.changes.items()]
    return sorted(named, key=lambda change: change[0])  # PostgreSQL keeps the fields in an order of its own


def _label(entry: AuditEntry) -> str:
    """What was changed; empty where the actor stands for it already."""
    is_self = entry.target_kind == "membership" and entry.target_id == str(entry.actor_id)
    return "" if is_self else entry.target_label
