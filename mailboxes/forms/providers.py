"""Which address is connected, and where it is hosted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.providers import CARDS, card_named, offered_cards, probable_card
from mailboxes.services.setup.drafts import Stub


class ProviderForm(forms.Form):
    """Address and card; what is sent begins a draft."""

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

    def to_stub(self) -> Stub:
        """What a draft begins with."""
        card, address = card_named(self.cleaned_data["provider"]), self.cleaned_data["address"]
        assert card is not None  # the form knows no other
        return Stub(card.key, card.kind, name_of(address), address, entered={})


def name_of(address: str) -> str:
    """What a mailbox is called until somebody calls it otherwise."""
    return address.partition("@")[0].capitalize()[:80]
