"""Several addresses in one field, parted by semicolons, commas, blanks or lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.widgets import PLAIN

MAX_ADDRESSES = 50
_BETWEEN = re.compile(r"[\s;,]+")


class AddressList(forms.CharField):
    """Cleans to a tuple of lower-cased addresses, each once, at most MAX_ADDRESSES."""

    def __init__(self, **options: Any) -> None:
        options = {"required": False, "max_length": MAX_ADDRESSES * 320, **options}
        super().__init__(widget=forms.Textarea(attrs=PLAIN | {"rows": 2}), **options)

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        return value if isinstance(value, str) or value is None else "\n".join(value)

    def has_changed(self, initial: Sequence[str] | None, data: str | None) -> bool:
        """True if other addresses are meant, however they are written."""
        return list(initial or ()) != _parted(data or "")

    def clean(self, value: Any) -> Any:
        """Raises ValidationError that names the first that is no address."""
        addresses = _parted(super().clean(value))
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                sentence = _("This is not a mail address: %(address)s") % {"address": address[:100]}
                raise ValidationError(sentence) from None
        if len(addresses) > MAX_ADDRESSES:
            raise ValidationError(_("Enter at most %(count)d addresses.") % {"count": MAX_ADDRESSES})
        return tuple(addresses)


def _parted(text: str) -> list[str]:
    return list(dict.fromkeys(part.lower() for part in _BETWEEN.split(text) if part))
