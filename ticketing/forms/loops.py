"""The form of loop protection: how much mail is ordinary."""

from __future__ import annotations

from dataclasses import asdict

from django import forms
from django.utils.translation import gettext_lazy as _

from ticketing.inbound.lookups import BUSY
from ticketing.services.loops import LimitsInput

_MOST = 1_000_000


class LoopLimitsForm(forms.Form):
    """The limits of the organization."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    window_minutes = forms.IntegerField(label=_("Count over"), help_text=_("Minutes."), min_value=5, max_value=1440)
    per_sender = forms.IntegerField(label=_("Mails of one sender"), min_value=5, max_value=_MOST)
    per_pair = forms.IntegerField(label=_("Mails of one sender to one mailbox"), min_value=5, max_value=_MOST)
    equal = forms.IntegerField(label=_("Mails of one sender with the same text"), min_value=3, max_value=_MOST)
    per_mailbox = forms.IntegerField(label=_("New tickets of one mailbox"), min_value=BUSY, max_value=_MOST)
    answers_per_mailbox = forms.IntegerField(label=_("Automatic answers of one mailbox"), min_value=1, max_value=_MOST)
    answers_per_pair = forms.IntegerField(
        label=_("Automatic answers of one mailbox to one address"),
        help_text=_("How many all mailboxes together give one address is set with the automatic answers."),
        min_value=1,
        max_value=_MOST,
    )
    hold_hours = forms.IntegerField(
        label=_("Stop for"),
        help_text=_("Hours, unless somebody lets it go on before."),
        min_value=1,
        max_value=168,
    )

    @classmethod
    def of(cls, data: LimitsInput) -> LoopLimitsForm:
        """Shows the limits as they stand."""
        return cls(initial=asdict(data))

    def to_input(self) -> LimitsInput:
        """What was entered. The form is valid."""
        return LimitsInput(**self.cleaned_data)
