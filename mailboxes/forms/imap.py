"""A mailbox read over IMAP and answered over SMTP, as an admin enters it: one form over three tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import MAX_POLL_INTERVAL_S, MIN_POLL_INTERVAL_S, Team
from mailboxes.diagnosis.suggestions import IMAP_HOSTS, SMTP_HOSTS
from mailboxes.forms.charsets import CHARSETS
from mailboxes.forms.existing import is_day_of_mail
from mailboxes.models import AfterImportChoice, ExistingMail, Health, Mailbox, SecurityChoice
from mailboxes.models.mailbox import LARGEST_MESSAGE_BYTES, MAX_MESSAGE_BYTES
from mailboxes.services.mailbox_inputs import MailboxInput, OutgoingInput, ServerInput
from mailboxes.services.stored_passwords import is_asked_for_reading, is_asked_for_sending

MEGABYTE = 1024 * 1024
_MISSING = {
    "name": _("Enter a name by which agents tell the mailbox from others."),
    "address": _("Enter the address that customers write to."),
    "host": _("Enter the name of the server that holds the mail."),
    "port": _("Enter the port of the server, usually 993."),
    "password": _("Enter the password of the account, or an app password."),
    "folder": _("Enter the folder that mail comes into, usually INBOX."),
    "smtp_port": _("Enter the port of the server, usually 587."),
    "max_message_mb": _("Enter how large a message may be, in MB."),
}
_APP_PASSWORD = re.compile(r"\s*[A-Za-z0-9]{4}(?:\s+[A-Za-z0-9]{4}){3}\s*")
# 1Password, LastPass, Bitwarden and Dashlane each have an attribute of their own; browsers heed "new-password".
_NO_MANAGER = {"data-1p-ignore": True, "data-lpignore": "true", "data-bwignore": True, "data-form-type": "other"}
_NO_AUTOFILL = {"autocomplete": "new-password", "spellcheck": "false", **_NO_MANAGER}
_PLAIN = {"spellcheck": "false", "autocapitalize": "off"}
_LOGIN_NAME = _PLAIN | {"autocomplete": "off", **_NO_MANAGER}
_IMAP_PORTS = {SecurityChoice.TLS: 993, SecurityChoice.STARTTLS: 143, SecurityChoice.NONE: 143}
_SMTP_PORTS = {SecurityChoice.TLS: 465, SecurityChoice.STARTTLS: 587, SecurityChoice.NONE: 25}


def _with_port(field_id: str, ports: Mapping[SecurityChoice, int]) -> forms.Select:
    """A choice of security that puts its usual port into that field (static/js/ports.js)."""
    usual = json.dumps({choice.value: port for choice, port in ports.items()})
    return forms.Select(attrs={"data-usual-ports": usual, "data-port-field": field_id})


def _securities() -> list[tuple[str, Any]]:
    """The choices that the operator allows."""
    allowed = [(SecurityChoice.TLS, "TLS"), (SecurityChoice.STARTTLS, "STARTTLS")]
    none = [(SecurityChoice.NONE, gettext("None: readable on the way"))] if settings.MAIL_ALLOW_CLEARTEXT else []
    return [(choice.value, label) for choice, label in allowed + none]


class ImapMailboxForm(forms.Form):
    """Receiving, sending and what happens to the mail. A stored password is never shown; empty keeps it."""

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
    host = forms.CharField(
        label=_("Server"),
        max_length=253,
        help_text=_("A name or an IP address, such as imap.gmail.com."),
        widget=forms.TextInput(attrs=_PLAIN | {"list": "imap-hosts"}),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(
        label=_("Security"),
        initial=SecurityChoice.TLS.value,
        help_text=_(
            "TLS, also called IMAPS or SSL, encrypts from the start, usually on port 993. STARTTLS changes over, "
            "usually on port 143."
        ),
        widget=_with_port("id_port", _IMAP_PORTS),
    )
    username = forms.CharField(
        label=_("Username"),
        max_length=320,
        required=False,
        help_text=_("Empty: the address."),
        widget=forms.TextInput(attrs=_LOGIN_NAME),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        strip=False,
        help_text=_("With two-step sign-in, and at Google always, create an app password. Spaces in it are left out."),
        widget=forms.PasswordInput(attrs=_NO_AUTOFILL),
    )
    folder = forms.CharField(
        label=_("Folder to watch"),
        max_length=400,
        initial="INBOX",
        help_text=_("The test lists the folders it finds."),
        widget=forms.TextInput(attrs=_PLAIN | {"list": "folders"}),
    )
    smtp_host = forms.CharField(
        label=_("Server"),
        max_length=253,
        required=False,
        help_text=_("A name or an IP address, such as smtp.gmail.com. Empty: the organization's default server."),
        widget=forms.TextInput(attrs=_PLAIN | {"list": "smtp-hosts"}),
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=587)
    smtp_security = forms.ChoiceField(
        label=_("Security"),
        initial=SecurityChoice.STARTTLS.value,
        widget=_with_port("id_smtp_port", _SMTP_PORTS),
    )
    smtp_same_login = forms.BooleanField(label=_("Use the same username and password"), required=False, initial=True)
    smtp_username = forms.CharField(
        label=_("Username"), max_length=320, required=False, widget=forms.TextInput(attrs=_LOGIN_NAME)
    )
    smtp_password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs=_NO_AUTOFILL),
    )
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

    existing_mail = forms.ChoiceField(
        label=_("Mail from before the mailbox was connected"),
        choices=ExistingMail.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("None of it is ever answered. What is imported already stays."),
    )
    start_on = forms.DateField(
        label=_("Start date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_(
            "Mail received before this day never becomes tickets. An earlier day imports older mail as chosen above; "
            "with a later one, older mail that is not here yet is ignored. Empty: no limit."
        ),
    )
    sends_test_mail = forms.BooleanField(
        label=_("When testing, also send a test mail to the mailbox itself"),
        required=False,
        help_text=_("It becomes no ticket, but whoever reads the folder sees it."),
    )

    known_imap_hosts, known_smtp_hosts = IMAP_HOSTS, SMTP_HOSTS

    def __init__(self, *args: Any, mailbox: Mailbox | None = None, **kwargs: Any) -> None:
        self.mailbox = mailbox
        if mailbox is not None:
            kwargs.setdefault("initial", _initial_of(mailbox))
        super().__init__(*args, **kwargs)
        for name, sentence in _MISSING.items():
            self.fields[name].error_messages["required"] = sentence
        for name in ("security", "smtp_security"):
            self.fields[name].choices = _securities()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
        if mailbox is None:
            self.fields["password"].required = True
        if mailbox is None or mailbox.health == Health.NOT_FINISHED:  # asked on a page of its own
            del self.fields["existing_mail"], self.fields["start_on"]

    def clean_password(self) -> str:
        """Spaces of a pasted app password are gone."""
        return _unspaced(self.cleaned_data["password"])

    def clean_smtp_password(self) -> str:
        """Spaces of a pasted app password are gone."""
        return _unspaced(self.cleaned_data["smtp_password"])

    def clean_start_on(self) -> date | None:
        """A day that mail can be from, or the one that stands."""
        day: date | None = self.cleaned_data["start_on"]
        if day is None or (self.mailbox and day == _day_of(self.mailbox.start_at)) or is_day_of_mail(day):
            return day
        raise forms.ValidationError(_("Choose a day between 1 January 1990 and today."))

    def clean(self) -> dict[str, Any]:
        """A server that is another one needs its password again; moving needs a folder."""
        data: dict[str, Any] = super().clean() or {}
        data["username"] = data.get("username") or data.get("address", "")
        if self.mailbox is not None and not self.errors:
            self._ask_for_passwords(self.mailbox)
        if data.get("after_import") == AfterImportChoice.MOVE and not data.get("after_import_folder"):
            self.add_error("after_import_folder", _("Name the folder that imported mail is moved to."))
        if data.get("existing_mail") == ExistingMail.IGNORE and self._is_earlier(self._start_at()):
            self.add_error("start_on", _("To import older mail, choose above how: as closed or as open tickets."))
        return data

    def _start_at(self) -> datetime | None:
        """The start as entered; as it stands where the day is the same, or nothing was asked."""
        stands = self.mailbox.start_at if self.mailbox else None
        day: date | None = self.cleaned_data.get("start_on")
        if not self.cleaned_data.get("existing_mail") or day == _day_of(stands):
            return stands
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None

    def _is_earlier(self, start_at: datetime | None) -> bool:
        stands = self.mailbox.start_at if self.mailbox else None
        return stands is not None and (start_at is None or start_at < stands)

    def _ask_for_passwords(self, mailbox: Mailbox) -> None:
        """No stored password goes to a server it was not entered for."""
        entered = self.to_input(is_enabled=mailbox.is_enabled)
        if is_asked_for_reading(entered, mailbox=mailbox):
            self.add_error("password", _("Server, port, security or username changed: enter the password again."))
        elif is_asked_for_sending(entered, mailbox=mailbox):
            field = "password" if self.cleaned_data["smtp_same_login"] else "smtp_password"
            self.add_error(field, _("The server for sending changed: enter the password again."))

    def to_input(self, *, is_enabled: bool) -> MailboxInput:
        """What the service takes."""
        data = self.cleaned_data
        return MailboxInput(
            name=data["name"],
            address=data["address"],
            incoming=ServerInput(
                host=data["host"],
                port=data["port"],
                security=SecurityChoice(data["security"]),
                username=data["username"],
                password=data["password"],
            ),
            outgoing=self._outgoing(),
            folder=data["folder"],
            from_name=data["from_name"],
            aliases=tuple(self.mailbox.aliases) if self.mailbox else (),
            team=data["team"],
            poll_interval_s=data["poll_interval_s"],
            start_at=self._start_at(),
            existing_mail=ExistingMail(data.get("existing_mail") or self._existing_mail()),
            after_import=AfterImportChoice(data["after_import"]),
            after_import_folder=data["after_import_folder"],
            after_import_days=data["after_import_days"] or 0,
            max_message_bytes=data["max_message_mb"] * MEGABYTE,
            answers_only=data["answers_only"],
            default_charset=data["default_charset"],
            has_plus_addresses=data["has_plus_addresses"],
            has_subject_token=data["has_subject_token"],
            is_enabled=is_enabled,
        )

    def _existing_mail(self) -> str:
        return self.mailbox.existing_mail if self.mailbox else ExistingMail.IGNORE

    def _outgoing(self) -> OutgoingInput | None:
        data = self.cleaned_data
        if not data["smtp_host"]:
            return None
        own = None if data["smtp_same_login"] else (data["smtp_username"], data["smtp_password"])
        return OutgoingInput(
            host=data["smtp_host"], port=data["smtp_port"], security=SecurityChoice(data["smtp_security"]), account=own
        )


def _unspaced(password: str) -> str:
    """Google, Yahoo and Fastmail show app passwords as four groups of four; other passwords may hold spaces."""
    return "".join(password.split()) if _APP_PASSWORD.fullmatch(password) else password


def _day_of(moment: datetime | None) -> date | None:
    return moment.astimezone(UTC).date() if moment else None


def _initial_of(mailbox: Mailbox) -> dict[str, Any]:
    connection, outgoing = mailbox.connection, mailbox.outgoing
    names = (
        "existing_mail",
        *("name", "address", "from_name", "folder", "team", "poll_interval_s", "after_import", "after_import_folder"),
        *("after_import_days", "answers_only", "default_charset", "has_plus_addresses", "has_subject_token"),
    )
    values: dict[str, Any] = {name: getattr(mailbox, name) for name in names}
    values["start_on"] = _day_of(mailbox.start_at)
    values |= {"host": connection.host, "port": connection.port, "security": connection.security}
    values |= {"username": connection.username, "max_message_mb": mailbox.max_message_bytes // MEGABYTE}
    if outgoing is not None:
        values |= {"smtp_host": outgoing.host, "smtp_port": outgoing.port, "smtp_security": outgoing.security}
        values |= {"smtp_same_login": outgoing.login_of_id is not None, "smtp_username": outgoing.username}
    return values
