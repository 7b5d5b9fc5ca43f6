"""Contact groups as their pages show them. All inside the organization's scope."""

from __future__ import annotations

from django.db.models import Count
from django.utils.translation import gettext as _

from ticketing.fields.commands import CUSTOM
from ticketing.models import ALL_FIELDS, ContactGroup, FieldKind, TicketField


def group_lines() -> list[ContactGroup]:
    """Every group by name, with how many members it has and in how many places it has rights."""
    groups = ContactGroup.objects.order_by("name")
    return list(
        groups.annotate(member_count=Count("members", distinct=True), right_count=Count("rights", distinct=True))
    )


def settable_fields() -> list[tuple[str, str]]:
    """The fields of tickets that mail may set, by key, with their names."""
    typed = TicketField.objects.filter(is_active=True).exclude(kind=FieldKind.FILES)
    own = typed.order_by("place", "id").values_list("key", "label")
    return [
        (ALL_FIELDS, _("All fields")),
        ("status", _("Status")),
        ("priority", _("Priority")),
        ("category", _("Category")),
        ("team", _("Team")),
        ("assignee", _("Assignee")),
        ("company", _("Company")),
        ("tags", _("Tags")),
        *((f"{CUSTOM}{key}", label) for key, label in own),
    ]
