"""The form of how long mail is kept."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from ticketing.models.retention import MAX_RAW_DAYS, MIN_RAW_DAYS


class RetentionForm(forms.Form):
    """Two numbers of days; empty: for ever."""

    raw_days = forms.IntegerField(
        label=_("Days that the source of a mail is kept"),
        help_text=_("From its verdict on. Empty: for ever. Tickets and attachments stay in any case."),
        required=False,
        min_value=MIN_RAW_DAYS,
        max_value=MAX_RAW_DAYS,
    )
    held_days = forms.IntegerField(
        label=_("Days that held mail waits"),
        help_text=_(
            "Held, or stopped by loop protection. Then it is discarded, and the log says so. Empty: until somebody "
            "decides."
        ),
        required=False,
        min_value=MIN_RAW_DAYS,
        max_value=MAX_RAW_DAYS,
    )
