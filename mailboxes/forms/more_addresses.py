"""Further addresses that share the connection of a mailbox: one app, or one account, opens them all."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.address_lists import AddressList


class MoreAddresses(forms.Form):
    """Parted by semicolons, commas or lines."""

    more_addresses = AddressList(
        label=_("More mailboxes of the same connection"),
        help_text=_(
            "Addresses parted by semicolons or lines. Each becomes a mailbox of its own with these settings as soon as "
            "this one is finished, and takes new mail from then on."
        ),
    )

    def more(self) -> list[str]:
        """The further addresses in lower case, each once, without the mailbox's own."""
        own = str(self.cleaned_data.get("address", "")).lower()
        return [address for address in self.cleaned_data.get("more_addresses", ()) if address != own]
