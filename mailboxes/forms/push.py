"""A mailbox that mail is brought to, as an admin enters it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.mail_fields import MEGABYTE, MailFields
from mailboxes.models import Mailbox, OutgoingServer
from mailboxes.queries.outgoing import named_servers
from mailboxes.services.setup.mailbox_inputs import NO_SERVER, MailboxInput

_OF_A_SERVER = ("poll_interval_s", "after_import", "after_import_folder", "after_import_days")
_INITIAL = (
    *(
        "name",
        "address",
        "aliases",
        "from_name",
        "team",
        "assignee",
        "category",
        "company",
        "ticket_priority",
        "answers_only",
        "default_charset",
    ),
    *("has_plus_addresses", "has_subject_token"),
)


class PushForm(MailFields):
    """For a new mailbox, and for one that is there."""

    name = forms.CharField(
        label=_("Mailbox name"),
        max_length=80,
        help_text=_("Agents see this name. Customers don't."),
        error_messages={"required": _("Enter a name by which agents tell the mailbox from others.")},
    )
    address = forms.EmailField(
        label=_("Address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The address customers write to, and that answers come from."),
        error_messages={"required": _("Enter the address that customers write to.")},
    )
    from_name = forms.CharField(label=_("From name"), max_length=120, required=False)
    smtp_server: forms.ModelChoiceField[OutgoingServer] = forms.ModelChoiceField(
        label=_("Send through"),
        queryset=None,
        required=False,
        empty_label=_("The organization's default server"),
        help_text=_("It must be allowed to send for this address."),
    )

    field_order = ("name", "address", "from_name", "team", "smtp_server")

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        self.mailbox = mailbox
        if mailbox is not None:
            kwargs["initial"] = _initial_of(mailbox)
        super().__init__(*args, **kwargs)
        for name in _OF_A_SERVER:
            del self.fields[name]
        self.fields["smtp_server"].queryset = named_servers()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["max_message_mb"].help_text = _("A larger one is refused, and whoever sends it is told the limit.")
        self.fields["max_message_mb"].error_messages["required"] = _("Enter how large a message may be, in MB.")

    def to_input(self) -> MailboxInput:
        """What the service takes."""
        data, known = self.cleaned_data, self.mailbox
        return MailboxInput(
            name=data["name"],
            address=data["address"],
            incoming=NO_SERVER,
            linked=data["smtp_server"],
            max_message_bytes=data["max_message_mb"] * MEGABYTE,
            answers_only=data["answers_only"],
            default_charset=data["default_charset"],
            has_plus_addresses=data["has_plus_addresses"],
            has_subject_token=data["has_subject_token"],
            is_enabled=known.is_enabled if known else True,
            **self.routing(),
        )


def _initial_of(mailbox: Mailbox) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(mailbox, name) for name in _INITIAL}
    return values | {"smtp_server": mailbox.outgoing, "max_message_mb": mailbox.max_message_bytes // MEGABYTE}
