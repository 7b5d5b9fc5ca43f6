"""The words for what the audit trail holds as constant names. Upper layers register theirs when they start."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The first part of an action, for filtering.
AREAS: dict[str, Promise | str] = {
    "organization": _("Organization"),
    "member": _("Members"),
    "invitation": _("Invitations"),
    "team": _("Teams"),
    "category": _("Categories"),
    "company": _("Companies"),
    "hours": _("Business hours"),
}
_ACTIONS: dict[str, Promise | str] = {
    "organization.created": _("made the organization"),
    "organization.changed": _("changed the organization"),
    "organization.mail_stopped": _("switched off email to ticket for"),
    "organization.mail_started": _("switched on email to ticket for"),
    "member.joined": _("joined"),
    "member.role_changed": _("changed the role of"),
    "member.deactivated": _("switched off"),
    "member.reactivated": _("switched on again"),
    "invitation.sent": _("invited"),
    "invitation.renewed": _("sent another invitation to"),
    "invitation.revoked": _("took back the invitation of"),
    "team.created": _("made the team"),
    "team.changed": _("changed the team"),
    "team.deleted": _("removed the team"),
    "category.created": _("made the category"),
    "category.changed": _("changed the category"),
    "company.created": _("made the company"),
    "company.changed": _("changed the company"),
    "hours.changed": _("changed the"),
}


_FIELDS: dict[str, Promise | str] = {
    "name": _("name"),
    "slug": _("address in links"),
    "timezone": _("time zone"),
    "poll_interval_s": _("seconds between looks"),
    "role": _("role"),
    "members": _("members"),
    "hue": _("colour"),
    "is_active": _("in use"),
    "serves_companies": _("several companies"),
    "tells_while_off": _("who writes meanwhile is told"),
    "note": _("note"),
    "is_on": _("switched on"),
    "monday": _("Monday"),
    "tuesday": _("Tuesday"),
    "wednesday": _("Wednesday"),
    "thursday": _("Thursday"),
    "friday": _("Friday"),
    "saturday": _("Saturday"),
    "sunday": _("Sunday"),
    "days_off": _("days off"),
}


def register_words(
    area: str,
    *,
    name: Promise | str,
    actions: Mapping[str, Promise | str],
    fields: Mapping[str, Promise | str] | None = None,
) -> None:
    """The configuration log says these words for `area` and its actions; a subject before, the target behind.

    fields: the words for what changed, where the field's own name is none for people.
    """
    AREAS[area] = name
    _ACTIONS.update(actions)
    _FIELDS.update(fields or {})


def action_words(action: str) -> str:
    """What was done, as between actor and target; for an action nobody has words for, its own name, readable."""
    known = _ACTIONS.get(action)
    return str(known) if known is not None else action.replace(".", ": ").replace("_", " ")


def field_words(field: str) -> str:
    """What a changed field is called; its own name, readable, when nobody has words for it."""
    known = _FIELDS.get(field)
    return str(known) if known is not None else field.replace("_", " ")
