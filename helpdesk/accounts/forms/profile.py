"""What a person sets about themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Density, Theme, User
from helpdesk.accounts.services.profiles import Profile
from helpdesk.accounts.timezones import zone_choices


def _own_zone_choices() -> list[tuple[str, object]]:
    return [("", _("The organization's")), *zone_choices()]


class ProfileForm(forms.Form):
    """Name, times, looks and keys."""

    name = forms.CharField(
        label=_("Name"),
        max_length=User._meta.get_field("name").max_length,
        help_text=_("Customers read it under your replies."),
        error_messages={"required": _("Enter your name, as customers will read it.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_own_zone_choices, required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, required=False)
    density = forms.ChoiceField(label=_("Density"), choices=Density.choices, required=False)
    single_keys = forms.BooleanField(
        label=_("Single-key shortcuts"),
        help_text=_(
            "J and K to move, R to reply and so on. Switch them off if you steer by voice or hit keys by mistake."
        ),
        required=False,
    )

    def profile(self) -> Profile:
        """What was filled in; the form must be valid."""
        return Profile(**self.cleaned_data)
