"""What a sandbox customer fills in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CustomerMailForm(forms.Form):
    """A new mail, or an answer, from anybody to the support desk."""

    name = forms.CharField(label=_("Your name"), max_length=80, required=False, initial="Amara Okoye")
    address = forms.EmailField(label=_("Your address"), initial="amara@larkmoor.test")
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    text = forms.CharField(label=_("Message"), widget=forms.Textarea(attrs={"rows": 8}), max_length=100_000)

    def clean_name(self) -> str:
        """No line breaks in what becomes a header."""
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_subject(self) -> str:
        """No line breaks in what becomes a header."""
        return " ".join(str(self.cleaned_data["subject"]).split())

    def values(self) -> dict[str, Any]:
        """The cleaned values, as `inbox.write` takes them."""
        return dict(self.cleaned_data)
