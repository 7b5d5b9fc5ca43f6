"""What is done with the mail of a mailbox, as an admin enters it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import MAX_POLL_INTERVAL_S, MIN_POLL_INTERVAL_S, Team
from mailboxes.forms.charsets import CHARSETS
from mailboxes.models import AfterImportChoice
from mailboxes.models.mailbox import LARGEST_MESSAGE_BYTES, MAX_MESSAGE_BYTES

MEGABYTE = 1024 * 1024


class MailFields(forms.Form):
    """Whose it is, how often it is looked for, what becomes of it on the server."""

    team: forms.ModelChoiceField[Team] = forms.ModelChoiceField(
        label=_("Team"),
        queryset=None,
        required=False,
        empty_label=_("No team"),
        help_text=_("New tickets from this mailbox go to it."),
    )
    poll_interval_s = forms.IntegerField(
        label=_("Poll every (seconds)"),
        required=False,
        min_value=MIN_POLL_INTERVAL_S,
        max_value=MAX_POLL_INTERVAL_S,
        help_text=_("10 seconds to 1 day. Empty: as the organization."),
    )
    max_message_mb = forms.IntegerField(
        label=_("Largest message (MB)"),
        min_value=1,
        max_value=LARGEST_MESSAGE_BYTES // MEGABYTE,
        initial=MAX_MESSAGE_BYTES // MEGABYTE,
        help_text=_("Of a larger one the ticket shows the headers, says so, and offers to fetch it whole."),
    )
    after_import = forms.ChoiceField(
        label=_("After a message is imported"),
        choices=AfterImportChoice.choices,
        initial=AfterImportChoice.LEAVE,
        widget=forms.RadioSelect,
    )
    after_import_folder = forms.CharField(label=_("Move it to"), max_length=400, required=False)
    after_import_days = forms.IntegerField(
        label=_("Delete it after (days)"),
        min_value=0,
        max_value=3650,
        initial=0,
        required=False,
        help_text=_("0: with the next pass."),
    )
    answers_only = forms.BooleanField(
        label=_("Take answers only"),
        required=False,
        help_text=_(
            "Mail that belongs to a ticket is added to it. Any other mail opens none: it is ignored, and the inbound "
            "log says so."
        ),
    )
    default_charset = forms.ChoiceField(
        label=_("Charset of mail that names none"),
        choices=CHARSETS,
        required=False,
        help_text=_("For programs that send letters beyond a to z without saying which alphabet they mean."),
    )
    has_plus_addresses = forms.BooleanField(
        label=_("The server takes plus-addresses (name+tag@…)"),
        required=False,
        help_text=_("Then replies find their ticket even when a mail program changes their headers."),
    )
    has_subject_token = forms.BooleanField(
        label=_("Put a short signed code into the subject"),
        required=False,
        help_text=_("For Exchange servers that strip headers inside the company."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        """Moving needs a folder."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("after_import") == AfterImportChoice.MOVE and not data.get("after_import_folder"):
            self.add_error("after_import_folder", _("Name the folder that imported mail is moved to."))
        return data
