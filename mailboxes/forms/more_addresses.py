"""Further addresses that share the connection of a mailbox: one app, or one account, opens them all."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.widgets import PLAIN

MAX_MORE = 50
_BETWEEN = re.compile(r"[\s;,]+")


class MoreAddresses(forms.Form):
    """Parted by semicolons, commas or lines."""

    more_addresses = forms.CharField(
        label=_("More mailboxes of the same connection"),
        required=False,
        max_length=MAX_MORE * 320,
        widget=forms.Textarea(attrs=PLAIN | {"rows": 3}),
        help_text=_(
            "Addresses parted by semicolons or lines. Each becomes a mailbox of its own with these settings as soon as "
            "this one is finished, and takes new mail from then on."
        ),
    )

    def clean_more_addresses(self) -> str:
        """Addresses, at most MAX_MORE."""
        for address in self.more():
            try:
                validate_email(address)
            except ValidationError:
                sentence = _("This is not a mail address: %(address)s") % {"address": address[:100]}
                raise ValidationError(sentence) from None
        if len(self.more()) > MAX_MORE:
            raise ValidationError(_("At most 50 at once."))
        return str(self.cleaned_data["more_addresses"])

    def more(self) -> list[str]:
        """The further addresses in lower case, each once, without the mailbox's own."""
        own = str(self.cleaned_data.get("address", "")).lower()
        entered = _BETWEEN.split(str(self.cleaned_data.get("more_addresses", "")).lower())
        return [address for address in dict.fromkeys(entered) if address not in ("", own)]
