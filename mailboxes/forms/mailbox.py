"""A mailbox on a mail server as an admin enters it: one form over three tables, for connecting and for editing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from mailboxes.connectors.config import Security
from mailboxes.connectors.known_hosts import KNOWN_PROVIDERS, is_microsoft
from mailboxes.forms.any_mailbox import AnyMailboxForm, initial_of
from mailboxes.forms.exchange_fields import initial_of_exchange
from mailboxes.forms.more_addresses import MoreAddresses
from mailboxes.forms.server_fields import ServerFields
from mailboxes.forms.start_date import StartFields
from mailboxes.models import ConnectionKind, Mailbox, OAuthGrant
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.owners import signs_in_for
from mailboxes.services.setup.stored_passwords import is_asked_for_reading, is_asked_for_sending

_MISSING = {
    "host": _("Enter the name of the server that holds the mail."),
    "port": _("Enter the port of the server, usually 993 for IMAP, 995 for POP3, 443 for Exchange."),
    "password": _("Enter the password of the account, or an app password."),
    "folder": _("Enter the folder that mail comes into, usually INBOX."),
    "smtp_port": _("Enter the port of the server, usually 587."),
}


def mailbox_form(
    data: Mapping[str, Any] | None,
    *,
    mailbox: Mailbox | None,
    known: Mapping[str, str] | None = None,
    kept: Mapping[str, Any] | None = None,
) -> ConnectForm:
    """The form for a new mailbox, or for this one.

    known: address, provider and protocol from the step before. kept: what was typed before, by field.
    """
    if mailbox is not None:
        return EditForm(data, mailbox=mailbox)
    return ConnectForm(data, initial=_filled_in(known or {}) | dict(kept or {}))


def _filled_in(known: Mapping[str, str]) -> dict[str, Any]:
    """The servers of a known provider, as its choice in the form fills them in."""
    address = known.get("address", "")[:320]
    values: dict[str, Any] = {"address": address, "name": address.partition("@")[0].capitalize()[:80]}
    if known.get("protocol") == ConnectionKind.POP3:
        values |= {"protocol": ConnectionKind.POP3.value, "port": 995}
    if known.get("protocol") == ConnectionKind.EWS:
        values |= {"protocol": ConnectionKind.EWS.value, "port": 443}
    preset = next((each for each in KNOWN_PROVIDERS if each.name == known.get("provider")), None)
    if preset is not None:
        values |= {"provider": preset.name, "host": preset.imap, "smtp_host": preset.smtp}
        values |= {"smtp_security": preset.smtp_security.value}
        values |= {"smtp_port": 465 if preset.smtp_security is Security.TLS else 587}
    return values


class ConnectForm(ServerFields, MoreAddresses, AnyMailboxForm):
    """A new mailbox: receiving, sending and what happens to the mail."""

    is_at_microsoft = False  # and so refused

    field_order = ("name", "address", "from_name", "team", "provider", "protocol", "host")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].required = self.mailbox is None
        for name, sentence in _MISSING.items():
            self.fields[name].error_messages["required"] = sentence

    def clean(self) -> dict[str, Any]:
        """Microsoft takes no passwords for reading."""
        data: dict[str, Any] = super().clean() or {}
        data["username"] = data.get("username") or data.get("address", "")
        self.is_at_microsoft = self._needs_password() and is_microsoft(data.get("host", ""))
        if self.is_at_microsoft:
            self.add_error("host", _("Microsoft takes no passwords here any more. Sign in with Microsoft instead."))
        return data

    def to_input(self, *, is_enabled: bool) -> MailboxInput:
        """What the service takes."""
        entered = super().to_input(is_enabled=is_enabled)
        remote_user = self.cleaned_data["remote_user"].lower() if self.is_ews() else ""
        return replace(entered, sends_itself=self.sends_by_itself(), remote_user=remote_user)

    def more(self) -> list[str]:
        """Further mailboxes of the same account, which only Exchange opens by their addresses."""
        return super().more() if self.is_ews() else []

    def inputs_of_more(self, *, is_enabled: bool) -> list[MailboxInput]:
        """The further mailboxes; whom the user name ends with is none of them."""
        others = super().inputs_of_more(is_enabled=is_enabled)
        is_named = bool(signs_in_for(self.cleaned_data["username"])[1])
        return [replace(each, remote_user=each.address) if is_named else each for each in others]

    def _needs_password(self) -> bool:
        return True


class EditForm(StartFields, ConnectForm):
    """A mailbox that is there: what is stored, but for passwords."""

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        self.mailbox = self._edited = mailbox
        kwargs.setdefault("initial", _initial_of(mailbox))
        super().__init__(*args, **kwargs)
        if mailbox.is_draft:  # asked on a page of its own
            del self.fields["existing_mail"], self.fields["start_on"]

    def clean(self) -> dict[str, Any]:
        """A server that is another one needs its password again."""
        data = super().clean()
        if not self.errors:
            self._ask_for_passwords(self._edited)
        return data

    def _needs_password(self) -> bool:
        return not OAuthGrant.objects.filter(connection=self._edited.connection).exists()

    def _ask_for_passwords(self, mailbox: Mailbox) -> None:
        """No stored password goes to a server it was not entered for."""
        entered = self.to_input(is_enabled=mailbox.is_enabled)
        if is_asked_for_reading(entered, mailbox=mailbox):
            self.add_error("password", _("Server, port, security or username changed: enter the password again."))
        elif is_asked_for_sending(entered, mailbox=mailbox):
            field = "password" if self.cleaned_data["smtp_same_login"] else "smtp_password"
            self.add_error(field, _("The server for sending changed: enter the password again."))


def _initial_of(mailbox: Mailbox) -> dict[str, Any]:
    connection, outgoing = mailbox.connection, mailbox.outgoing
    values = initial_of(mailbox)
    values |= {
        "protocol": connection.kind,
        "host": connection.host,
        "port": connection.port,
        "security": connection.security,
        "is_real_time": mailbox.is_real_time,
    }
    values |= {"username": connection.username} | initial_of_exchange(mailbox)
    if outgoing is not None and outgoing.name:
        values["smtp_server"] = outgoing
    elif outgoing is not None:
        values |= {"smtp_host": outgoing.host, "smtp_port": outgoing.port, "smtp_security": outgoing.security}
        values |= {"smtp_same_login": outgoing.login_of_id is not None, "smtp_username": outgoing.username}
    return values
