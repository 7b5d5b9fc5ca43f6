"""Business hours, as people set them and as others ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import BusinessHours, Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.policy_version import policy_changed
from helpdesk.lib.errors import ChangedMeanwhile
from helpdesk.lib.opening_hours import OpeningHours, Span, parse_spans, written_spans

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class DayOff:
    """A day on which nobody is there."""

    day: date
    name: str = ""


@dataclass(frozen=True)
class HoursInput:
    """What the page of business hours holds."""

    is_on: bool
    timezone: str
    week: tuple[tuple[Span, ...], ...]  # from Monday
    days_off: tuple[DayOff, ...]


def opening_hours() -> OpeningHours | None:
    """The organization's hours; None where it keeps none and is always open. One query, inside its scope.

    `opening_hours().is_open(at)` is pure: keep the value and ask it as often as you like.
    """
    row = BusinessHours.objects.filter(is_on=True).first()
    if row is None:
        return None
    days_off = frozenset(date.fromisoformat(day) for day, _name in row.days_off)
    return OpeningHours(row.timezone, tuple(parse_spans(text) for text in row.week), days_off)


@transaction.atomic
def set_business_hours(wanted: HoursInput, *, version: int, actor: Membership | None = None) -> None:
    """These hours hold from now on. A change is audited. Inside the organization's scope. Raises ChangedMeanwhile."""
    row, _made = BusinessHours.objects.get_or_create(defaults={"timezone": wanted.timezone})
    before = _told(row)
    row.is_on, row.timezone = wanted.is_on, wanted.timezone
    row.week = [written_spans(spans) for spans in wanted.week]
    row.days_off = [[each.day.isoformat(), each.name] for each in sorted(wanted.days_off, key=lambda each: each.day)]
    columns = {name: getattr(row, name) for name in ("is_on", "timezone", "week", "days_off")}
    if not BusinessHours.objects.filter(pk=row.pk, version=version).update(version=version + 1, **columns):
        raise ChangedMeanwhile
    changes = audit.differences(before, after=_told(row))
    if changes:
        audit.record("hours.changed", target=row, actor=actor, changes=changes, label=_("Business hours"))
        policy_changed()


def _told(row: BusinessHours) -> dict[str, object]:
    """As the audit trail names them."""
    week = row.week or [""] * len(DAYS)
    off = ", ".join(" ".join(filter(None, each)) for each in row.days_off)
    return {"is_on": row.is_on, "timezone": row.timezone, **dict(zip(DAYS, week, strict=True)), "days_off": off}
