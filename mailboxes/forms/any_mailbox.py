"""What every mailbox has, however it is read: its name and address, and what becomes of its mail."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.mail_fields import MEGABYTE, MailFields
from mailboxes.forms.start_date import day_of
from mailboxes.models import ExistingMail, Mailbox, OutgoingServer, Proxy
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput, ServerInput

_MISSING = {
    "name": _("Enter a name by which agents tell the mailbox from others."),
    "address": _("Enter the address that customers write to."),
    "max_message_mb": _("Enter how large a message may be, in MB."),
}


class AnyMailboxForm(MailFields):
    """A mailbox of any kind; how it is read and sent from is the kind's own."""

    name = forms.CharField(
        label=_("Mailbox name"), max_length=80, help_text=_("Agents see this name. Customers don't.")
    )
    address = forms.EmailField(
        label=_("Address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "The address customers write to. It must exist at your mail provider already. Use one that serves nothing "
            "else: all that comes in becomes tickets."
        ),
    )
    from_name = forms.CharField(label=_("From name"), max_length=120, required=False)
    sends_test_mail = forms.BooleanField(
        label=_("When testing, also send a test mail to the mailbox itself"),
        required=False,
        help_text=_("It becomes no ticket, but whoever reads the folder sees it."),
    )

    proxy: forms.ModelChoiceField[Proxy] = forms.ModelChoiceField(
        label=_("Proxy"),
        queryset=None,
        required=False,
        empty_label=_("None: directly"),
        help_text=_("The way to the servers, where a firewall asks for one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proxy"].queryset = Proxy.objects.order_by("name", "id")  # type: ignore[attr-defined]  # a ModelChoiceField
        for name, sentence in _MISSING.items():
            self.fields[name].error_messages["required"] = sentence

    @abstractmethod
    def incoming(self) -> ServerInput:
        """Where mail is read."""

    @abstractmethod
    def outgoing(self) -> OutgoingInput | None:
        """The server mail leaves through; None: the kind's own way, or the default server."""

    @abstractmethod
    def watched_folder(self) -> str:
        """The folder that mail is read from."""

    def to_input(self, *, is_enabled: bool) -> MailboxInput:
        """What the service takes."""
        data, incoming = self.cleaned_data, self.incoming()
        return MailboxInput(
            name=data["name"],
            address=data["address"],
            incoming=incoming,
            outgoing=self.outgoing(),
            linked=self.linked(),
            folder=self.watched_folder(),
            poll_interval_s=data["poll_interval_s"],
            is_real_time=self.real_time(),
            proxy=data["proxy"],
            start_at=self.start_at(),
            existing_mail=self.chosen_existing_mail(),
            max_message_bytes=data["max_message_mb"] * MEGABYTE,
            answers_only=data["answers_only"],
            default_charset=data["default_charset"],
            has_plus_addresses=data["has_plus_addresses"],
            has_subject_token=data["has_subject_token"],
            is_enabled=is_enabled,
            **self.routing(),
            **self.on_server(kind=incoming.kind),
        )

    def more(self) -> list[str]:
        """Further addresses that become mailboxes with these settings."""
        return []

    def inputs_of_more(self, *, is_enabled: bool) -> list[MailboxInput]:
        """The further mailboxes, each told apart by its address; they take new mail from now on."""
        entered = self.to_input(is_enabled=is_enabled)
        plain = replace(entered, remote_user="", aliases=(), existing_mail=ExistingMail.IGNORE, start_at=None)
        return [replace(plain, name=address.partition("@")[0][:80], address=address) for address in self.more()]

    def linked(self) -> OutgoingServer | None:
        """A server that stands by itself, where one was chosen for sending."""
        return None

    def real_time(self) -> bool:
        """True if the mailbox is to tell of new mail at once; kinds that cannot say no."""
        return False

    def start_at(self) -> datetime | None:
        """Asked on the page that follows."""
        return None

    def chosen_existing_mail(self) -> ExistingMail:
        """Asked on the page that follows."""
        return ExistingMail.IGNORE


def initial_of(mailbox: Mailbox) -> dict[str, Any]:
    """What is stored of any mailbox, by the names of the fields."""
    names = (
        "existing_mail",
        *(
            "name",
            "address",
            "aliases",
            "from_name",
            "folder",
            "team",
            "assignee",
            "category",
            "company",
            "ticket_priority",
            "poll_interval_s",
        ),
        *("after_import", "after_import_folder", "after_import_days", "answers_only", "default_charset"),
        *("has_plus_addresses", "has_subject_token"),
    )
    values: dict[str, Any] = {name: getattr(mailbox, name) for name in names}
    values["start_on"] = day_of(mailbox.start_at)
    values["more_addresses"] = "\n".join(mailbox.setup.get("more", []))
    values["proxy"] = mailbox.connection.proxy_id
    values["max_message_mb"] = mailbox.max_message_bytes // MEGABYTE
    return values
