"""Which days of a mailbox are imported again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.start_date import is_day_of_mail
from mailboxes.models import BackFill


class BackFillForm(forms.Form):
    """The first and the last day, in the person's time zone."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(
        label=_("To"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("This day included."),
    )

    @classmethod
    def of(cls, asked: BackFill | None, *, data: Any = None) -> BackFillForm:
        """The form with the days that were asked for last."""
        if asked is None:
            return cls(data)
        last = timezone.localtime(asked.before) - timedelta(microseconds=1)
        return cls(data, initial={"first": timezone.localtime(asked.since).date(), "last": last.date()})

    def clean_first(self) -> date:
        """A day that mail can be from."""
        first: date = self.cleaned_data["first"]
        if not is_day_of_mail(first):
            raise forms.ValidationError(_("Choose a day between 1 January 1990 and today."))
        return first

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("Choose the first day itself, or a later one."))
        return data

    def span(self) -> tuple[datetime, datetime]:
        """From when on, and until before when."""
        zone = timezone.get_current_timezone()
        first, behind = self.cleaned_data["first"], self.cleaned_data["last"] + timedelta(days=1)
        return (
            datetime(first.year, first.month, first.day, tzinfo=zone),
            datetime(behind.year, behind.month, behind.day, tzinfo=zone),
        )
