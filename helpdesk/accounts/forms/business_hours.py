"""The form of business hours: a line for each weekday, and days off as lines."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts.models import BusinessHours
from helpdesk.accounts.services.business_hours import DAYS, DayOff, HoursInput
from helpdesk.accounts.timezones import zone_choices
from helpdesk.lib.opening_hours import NoHours, Span, parse_spans
from helpdesk.lib.text import clean_line

MAX_DAYS_OFF = 400
MAX_NAME = 80
_LABELS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
_USUAL = "09:00-17:00"


class SpansField(forms.CharField):
    """The hours of one day."""

    def clean(self, value: Any) -> tuple[Span, ...]:
        try:
            return parse_spans(super().clean(value))
        except NoHours as error:
            sentence = _("“%(text)s” are no hours in order. Write them as 09:00-12:30, 13:30-17:00.")
            raise ValidationError(sentence % {"text": str(error)[:40]}) from error


class BusinessHoursForm(forms.Form):
    """Whether there are hours, in which zone, and which."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    is_on = forms.BooleanField(label=gettext_lazy("We keep business hours"), required=False)
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)
    days_off = forms.CharField(
        label=gettext_lazy("Days off"),
        required=False,
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}),
        help_text=gettext_lazy("One a line, as 2026-12-25 Christmas."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in zip(DAYS, _LABELS, strict=True):
            attrs = {"class": "mono", "spellcheck": "false", "autocomplete": "off", "placeholder": _("closed")}
            widget = forms.TextInput(attrs=attrs)
            self.fields[name] = SpansField(label=label, required=False, max_length=120, widget=widget)

    @classmethod
    def of(cls, row: BusinessHours | None, *, timezone: str) -> BusinessHoursForm:
        """Shows the hours as they stand, or usual ones where there never were any."""
        if row is None:
            usual = dict.fromkeys(DAYS[:5], _USUAL)
            return cls(initial={"version": 0, "timezone": timezone, **usual})
        lines = "\n".join(" ".join(filter(None, each)) for each in row.days_off)
        shown = {"version": row.version, "is_on": row.is_on, "timezone": row.timezone, "days_off": lines}
        return cls(initial={**shown, **dict(zip(DAYS, row.week or [""] * len(DAYS), strict=True))})

    def days(self) -> list[BoundField]:
        """A field for each weekday."""
        return [self[name] for name in DAYS]

    def clean_days_off(self) -> tuple[DayOff, ...]:
        """By date, each once; the first name counts."""
        found: dict[date, DayOff] = {}
        for line in filter(None, map(clean_line, self.cleaned_data["days_off"].splitlines())):
            each = _day_off(line)
            found.setdefault(each.day, each)
        if len(found) > MAX_DAYS_OFF:
            raise ValidationError(_("These are more than %(n)d days.") % {"n": MAX_DAYS_OFF})
        return tuple(found.values())

    def clean(self) -> dict[str, Any]:
        """Hours that are on are hours on some day."""
        data = super().clean() or {}
        if data.get("is_on") and not any(data.get(name) for name in DAYS) and not self.errors:
            self.add_error(DAYS[0], _("Enter the hours of at least one day, or switch business hours off."))
        return data

    def to_input(self) -> HoursInput:
        """What was entered. The form is valid."""
        data = self.cleaned_data
        return HoursInput(
            is_on=data["is_on"],
            timezone=data["timezone"],
            week=tuple(data[name] for name in DAYS),
            days_off=data["days_off"],
        )


def _day_off(line: str) -> DayOff:
    written, _blank, name = line.partition(" ")
    try:
        return DayOff(date.fromisoformat(written), name.strip()[:MAX_NAME])
    except ValueError as error:
        sentence = _("“%(line)s” begins with no date. Write it as 2026-12-25 Christmas.")
        raise ValidationError(sentence % {"line": line[:40]}) from error
