"""What is to become of mail that was there before the mailbox was connected."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.lib import clock
from mailboxes.models import ExistingMail

EARLIEST = date(1990, 1, 1)


class ExistingMailForm(forms.Form):
    """New mail only, or also older mail since a date, as closed or as open tickets."""

    existing_mail = forms.ChoiceField(choices=ExistingMail.choices, initial=ExistingMail.IGNORE)
    since = forms.DateField(
        label=_("Received since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("This matters most now: mail before this day never becomes tickets. Empty: everything."),
    )

    def clean(self) -> dict[str, Any]:
        """A date belongs to importing."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("existing_mail") == ExistingMail.IGNORE:
            data["since"] = None
        return data

    def clean_since(self) -> date | None:
        """A day that mail can be from."""
        since: date | None = self.cleaned_data["since"]
        if since is not None and not is_day_of_mail(since):
            raise forms.ValidationError(_("Choose a day between 1 January 1990 and today."))
        return since

    def start_at(self) -> datetime | None:
        """The first moment that is imported."""
        since = self.cleaned_data["since"]
        return datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None


def is_day_of_mail(day: date) -> bool:
    """True for a day on which mail can have been received."""
    return EARLIEST <= day <= clock.now().date()
