"""What every mailbox behind Microsoft Graph has, whoever opens it: the folder, sending, and real time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.any_mailbox import AnyMailboxForm
from mailboxes.forms.widgets import PLAIN

INBOX = "INBOX"


class GraphFields(AnyMailboxForm):
    """The fields of both kinds of access: an app by its own right, and somebody who signed in."""

    folder = forms.CharField(
        label=_("Folder to watch"),
        max_length=400,
        initial=INBOX,
        help_text=_("INBOX is the inbox in every language; others by their path, INBOX/Support. The test lists them."),
        error_messages={"required": _("Enter the folder that mail comes into, usually INBOX.")},
        widget=forms.TextInput(attrs=PLAIN | {"list": "folders"}),
    )
    sends = forms.BooleanField(
        label=_("Send through this mailbox, too"),
        required=False,
        initial=True,
        help_text=_("Needs Mail.Send. Off: answers leave through the organization's default server."),
    )
    is_real_time = forms.BooleanField(
        label=_("Real time"),
        required=False,
        help_text=_("Microsoft tells of new mail as it comes. Needs Mail.Read. Polling goes on beside it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.PUBLIC_URL:
            self.refuse_real_time(
                _("Not possible here: this installation has no address that Microsoft can call. Its operator sets one.")
            )

    def refuse_real_time(self, why: Any) -> None:
        """The field cannot be changed, and says why; what is stored stays."""
        field = self.fields["is_real_time"]
        field.disabled, field.help_text = True, why

    def clean_folder(self) -> str:
        """The inbox is INBOX however it is typed, so that it is the same folder always."""
        first, delimiter, rest = self.cleaned_data["folder"].strip().partition("/")
        return f"{INBOX if first.strip().casefold() == 'inbox' else first}{delimiter}{rest}"

    def outgoing(self) -> None:
        """None: mail leaves through the mailbox itself, or through the default server."""

    def watched_folder(self) -> str:
        """The folder that mail is read from."""
        return str(self.cleaned_data["folder"])

    def real_time(self) -> bool:
        """True if Microsoft is to tell of new mail."""
        return bool(self.cleaned_data["is_real_time"])
