"""An integration's name, and what a new token may do."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ticketing.models import TokenScope
from ticketing.services.integrations.integrations import MAX_NAME_CHARS
from ticketing.services.integrations.tokens import TokenWish


class IntegrationForm(forms.Form):
    """A new integration, or another name for one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME_CHARS,
        help_text=_("What it does on tickets stands under this name in their history."),
        error_messages={"required": _("Enter a name, like Shop or Phone system.")},
    )


class TokenForm(forms.Form):
    """A token to be made."""

    token_name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        required=False,
        help_text=_("Such as the server that keeps it."),
    )
    scope = forms.ChoiceField(
        label=_("It may"), choices=TokenScope.choices, widget=forms.RadioSelect, initial=TokenScope.READ.value
    )
    expires_on = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("It is refused from the day after. Empty: it stays good until you revoke it."),
        error_messages={"invalid": _("Enter a date, like 2027-03-31.")},
    )

    def wish(self) -> TokenWish:
        """What was filled in; the form must be valid."""
        values = self.cleaned_data
        day = values["expires_on"]
        # In the zone of whoever asks; the form's own field has refused days that no calendar has.
        end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None
        return TokenWish(scope=TokenScope(values["scope"]), name=values["token_name"], expires_at=end)
