"""The organization's own page of settings."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import MAX_POLL_INTERVAL_S, MIN_POLL_INTERVAL_S, Organization
from helpdesk.accounts.services.organizations import OrganizationProfile
from helpdesk.accounts.timezones import zone_choices


def _poll_hint() -> str:
    return gettext(
        "Seconds from one look to the next, 10 to 86,400. Left empty, it's %(seconds)s, as the installation says. "
        "A mailbox may have its own."
    ) % {"seconds": settings.POLL_INTERVAL_S}


class OrganizationForm(forms.Form):
    """Name, address, zone, pace, and whether it works for companies."""

    name = forms.CharField(
        label=_("Name"),
        max_length=Organization._meta.get_field("name").max_length,
        error_messages={"required": _("Enter the name your team and customers know.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    slug = forms.CharField(
        label=_("Address"),
        max_length=40,
        help_text=_(
            "Part of every address here. After a change, links with the old one keep working and lead to the new one; "
            "nobody else can take it."
        ),
        error_messages={"required": _("Enter an address: small letters, digits and hyphens.")},
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "none"}),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        help_text=_("For everybody who hasn't chosen their own. Stored times don't change."),
    )
    poll_interval_s = forms.IntegerField(
        label=_("Look for new mail every"),
        required=False,
        min_value=MIN_POLL_INTERVAL_S,
        max_value=MAX_POLL_INTERVAL_S,
        help_text=lazy(_poll_hint, str)(),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    serves_companies = forms.BooleanField(
        label=_("We serve several companies"),
        required=False,
        help_text=_(
            "Companies are under Tickets in the settings then. Mailboxes give new tickets a company, and people choose "
            "it. Off again, all of it is hidden and nothing is deleted."
        ),
    )

    def profile(self) -> OrganizationProfile:
        """What was filled in; the form must be valid."""
        return OrganizationProfile(**self.cleaned_data)
