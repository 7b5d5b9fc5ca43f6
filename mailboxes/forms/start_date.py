"""What separates the mail of a mailbox that is imported from what is left alone, once it is polled."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.lib import clock
from mailboxes.models import ExistingMail, Mailbox

EARLIEST = date(1990, 1, 1)


class StartFields(forms.Form):
    """The start date, and what becomes of mail from before."""

    mailbox: Mailbox | None

    existing_mail = forms.ChoiceField(
        label=_("Mail from before the mailbox was connected"),
        choices=ExistingMail.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("None of it is ever answered. What is imported already stays."),
    )
    start_on = forms.DateField(
        label=_("Start date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "Mail received before this day never becomes tickets. An earlier day imports older mail as chosen above; "
            "with a later one, older mail that is not here yet is ignored. Empty: no limit."
        ),
    )

    def clean_start_on(self) -> date | None:
        """A day that mail can be from, or the one that stands."""
        day: date | None = self.cleaned_data["start_on"]
        if day is None or day == day_of(self._stands()) or is_day_of_mail(day):
            return day
        raise forms.ValidationError(_("Choose a day between 1 January 1990 and today."))

    def clean(self) -> dict[str, Any]:
        """Letting in older mail needs a word on how."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("existing_mail") == ExistingMail.IGNORE and self._is_earlier(self.start_at()):
            self.add_error("start_on", _("To import older mail, choose above how: as closed or as open tickets."))
        return data

    def start_at(self) -> datetime | None:
        """The start as entered; as it stands where the day is the same, or nothing was asked."""
        stands = self._stands()
        day: date | None = self.cleaned_data.get("start_on")
        if not self.cleaned_data.get("existing_mail") or day == day_of(stands):
            return stands
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None

    def chosen_existing_mail(self) -> ExistingMail:
        """As entered; as it stands where nothing was asked."""
        stands = self.mailbox.existing_mail if self.mailbox else ExistingMail.IGNORE
        return ExistingMail(self.cleaned_data.get("existing_mail") or stands)

    def _stands(self) -> datetime | None:
        return self.mailbox.start_at if self.mailbox else None

    def _is_earlier(self, start_at: datetime | None) -> bool:
        stands = self._stands()
        return stands is not None and (start_at is None or start_at < stands)


def is_day_of_mail(day: date) -> bool:
    """True for a day on which mail can have been received."""
    return EARLIEST <= day <= clock.now().date()


def day_of(moment: datetime | None) -> date | None:
    """The day in UTC."""
    return moment.astimezone(UTC).date() if moment else None
