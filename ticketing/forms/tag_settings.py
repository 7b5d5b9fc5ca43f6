"""The settings of all tags together."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class TagSuggestionsForm(forms.Form):
    """Whether tags are suggested."""

    suggests = forms.BooleanField(
        label=_("Suggest tags"),
        required=False,
        help_text=_(
            "On a ticket whose first mail is like those of tickets with the tag, with the words that weighed most. "
            "Learned from the tags that people put on, take off and dismiss, and from tickets that they solve. Nothing "
            "is tagged by itself."
        ),
    )
