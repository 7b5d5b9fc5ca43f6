"""What the first person fills in on an empty installation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.forms.people import JoiningForm
from helpdesk.accounts.models import SLUG_PATTERN, Membership, Organization
from helpdesk.accounts.services.founding import Founder, set_up_installation
from helpdesk.accounts.services.organizations import slug_from
from helpdesk.accounts.timezones import zone_choices


class FirstRunForm(JoiningForm):
    """The first organization and who owns it."""

    organization = forms.CharField(
        label=_("Name of your organization"),
        max_length=Organization._meta.get_field("name").max_length,
        error_messages={"required": _("Enter the name your team and customers know.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
    slug = forms.CharField(
        label=_("Address"),
        max_length=40,
        required=False,
        help_text=_("Small letters, digits and hyphens, for the address bar. Left empty, it is made from the name."),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "none"}),
    )
    timezone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, initial="UTC")
    email = forms.EmailField(
        label=_("Work email"),
        error_messages={"required": _("Enter the address you will sign in with.")},
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    field_order = ("organization", "slug", "timezone", "name", "email", "password")

    def clean(self) -> dict[str, Any]:
        """An address is made from the name if none was given."""
        values = super().clean() or {}
        if not values.get("slug") and values.get("organization"):
            values["slug"] = slug_from(values["organization"])
            if not SLUG_PATTERN.fullmatch(values["slug"]):
                self.add_error("slug", _("No address can be made from this name. Choose one yourself, like “support”."))
        return values

    def set_up(self) -> Membership | None:
        """The installation is set up; None if a value was refused, which the form then says.

        Raises AlreadySetUp.
        """
        values = self.cleaned_data
        founder = Founder(email=values["email"], name=values["name"], password=values["password"])
        try:
            return set_up_installation(
                founder, slug=values["slug"], name=values["organization"], timezone=values["timezone"]
            )
        except forms.ValidationError as error:
            for field, messages in error.message_dict.items():
                self.add_error(field if field in self.fields else None, messages)
            return None
