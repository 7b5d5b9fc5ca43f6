"""Which address is connected, and where it is hosted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.providers import CARDS, offered_cards, probable_card


class ProviderForm(forms.Form):
    """Sent with GET: it only leads on."""

    address = forms.EmailField(
        label=_("Email address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the address that customers write to.")},
    )
    provider = forms.ChoiceField(
        choices=lambda: [("", ""), *((card.key, card.name) for card in offered_cards())],
        required=False,
        error_messages={"invalid_choice": _("Choose where the mailbox is hosted.")},
    )

    def clean(self) -> dict[str, Any]:
        """Without a choice, the one that the address tells."""
        data: dict[str, Any] = super().clean() or {}
        if not data.get("provider") and "provider" not in self.errors:
            data["provider"] = (probable_card(data.get("address", "")) or CARDS[0]).key
        return data
