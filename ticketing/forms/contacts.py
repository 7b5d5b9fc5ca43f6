"""The form on the page of a contact."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AddressForm(forms.Form):
    """One more address."""

    address = forms.EmailField(
        label=_("Another address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
        help_text=_("If it belongs to another contact, you are asked whether the two are one person."),
    )
