"""The form that puts addresses and domains on the list of who gets no mail."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.services.sending.suppressing import MAX_AT_ONCE

_DOMAIN = re.compile(r"(?:[^\s@.]+\.)+[^\s@.]{2,}")
_BETWEEN = re.compile(r"[\s,;]+")


class SuppressionForm(forms.Form):
    """Any number of them at once."""

    values = forms.CharField(
        label=gettext_lazy("Addresses and domains"),
        help_text=gettext_lazy("One a line. A domain stands for all below it, too."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
        max_length=100_000,
    )
    note = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    def clean_values(self) -> list[str]:
        """The values apart; the first that is neither an address nor a domain is named."""
        found = [value for value in _BETWEEN.split(self.cleaned_data["values"]) if value]
        if len(found) > MAX_AT_ONCE:
            raise ValidationError(_("At most %(n)d at once.") % {"n": MAX_AT_ONCE})
        for value in found:
            if not _is_one(value.removeprefix("@")):
                raise ValidationError(_("“%(value)s” is neither an address nor a domain.") % {"value": value[:100]})
        return found


def _is_one(value: str) -> bool:
    if "@" not in value:
        return bool(_DOMAIN.fullmatch(value))
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True
