"""The servers of a mailbox as an admin enters them: one that mail is read from, and one it leaves through."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.known_hosts import IMAP_HOSTS, KNOWN_PROVIDERS, POP3_HOSTS, SMTP_HOSTS
from mailboxes.connectors.registry import traits_of
from mailboxes.forms.exchange_fields import IMPERSONATION, ExchangeFields, exchange_host
from mailboxes.forms.widgets import LOGIN_NAME, NO_AUTOFILL, PLAIN, SMTP_PORTS, securities, with_port
from mailboxes.models import ConnectionKind, OutgoingServer, SecurityChoice
from mailboxes.queries.outgoing import named_servers
from mailboxes.services.setup.mailbox_inputs import OutgoingInput, ServerInput

PROTOCOLS = (
    (ConnectionKind.IMAP.value, _("IMAP (recommended)")),
    (ConnectionKind.POP3.value, _("POP3")),
    (ConnectionKind.EWS.value, _("Exchange Web Services (your own Exchange server)")),
)
INBOX = "INBOX"  # where all mail is, of a kind without folders
_PORTS = {
    ConnectionKind.IMAP.value: {SecurityChoice.TLS: 993, SecurityChoice.STARTTLS: 143, SecurityChoice.NONE: 143},
    ConnectionKind.POP3.value: {SecurityChoice.TLS: 995, SecurityChoice.STARTTLS: 110, SecurityChoice.NONE: 110},
    ConnectionKind.EWS.value: dict.fromkeys(SecurityChoice, 443),
}
_APP_PASSWORD = re.compile(r"\s*[A-Za-z0-9]{4}(?:\s+[A-Za-z0-9]{4}){3}\s*")


def _protocol_widget() -> forms.Select:
    """The choice that decides which ports are usual, which servers are suggested, and what can be done after import."""
    impossible = {kind: sorted(set(AfterImport) - traits_of(kind).after_import) for kind, _label in PROTOCOLS}
    return forms.Select(
        attrs={
            "data-security-field": "id_security",
            "data-hosts-field": "id_host",
            "data-impossible": json.dumps(impossible),
            "data-impossible-field": "after_import",
        }
    )


def _provider_widget() -> forms.Select:
    """The choice that fills in the servers of a provider (static/js/servers.js); without scripts it does nothing."""
    presets = {
        provider.name: {
            "imap": provider.imap,
            "pop3": provider.pop3,
            "smtp": provider.smtp,
            "smtp_security": provider.smtp_security.value,
        }
        for provider in KNOWN_PROVIDERS
    }
    return forms.Select(attrs={"data-presets": json.dumps(presets)})


class ServerFields(ExchangeFields):
    """Protocol, servers and log-ins. A stored password is never shown; empty keeps it."""

    provider = forms.ChoiceField(
        label=_("Provider"),
        required=False,
        choices=[("", _("Another one")), *((provider.name, provider.name) for provider in KNOWN_PROVIDERS)],
        widget=_provider_widget(),
        help_text=_("Fills in the servers below."),
    )
    protocol = forms.ChoiceField(
        label=_("Protocol"),
        required=False,
        choices=PROTOCOLS,
        initial=ConnectionKind.IMAP.value,
        widget=_protocol_widget(),
    )
    host = forms.CharField(
        label=_("Server"),
        max_length=253,
        help_text=_("A name or an IP address, such as imap.gmail.com or pop.gmail.com."),
        widget=forms.TextInput(attrs=PLAIN | {"list": "imap-hosts"}),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(
        label=_("Security"),
        initial=SecurityChoice.TLS.value,
        help_text=_(
            "TLS, also called SSL, IMAPS or POP3S, encrypts from the start, usually on port 993 (POP3: 995). STARTTLS "
            "changes over, usually on port 143 (POP3: 110)."
        ),
        widget=with_port("id_port", _PORTS, protocol_id="id_protocol"),
    )
    username = forms.CharField(
        label=_("Username"),
        max_length=320,
        required=False,
        help_text=_("Empty: the address."),
        widget=forms.TextInput(attrs=LOGIN_NAME),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        strip=False,
        help_text=_("With two-step sign-in, and at Google always, create an app password. Spaces in it are left out."),
        widget=forms.PasswordInput(attrs=NO_AUTOFILL),
    )
    folder = forms.CharField(
        label=_("Folder to watch"),
        max_length=400,
        initial=INBOX,
        help_text=_("The test lists the folders it finds."),
        widget=forms.TextInput(attrs=PLAIN | {"list": "folders"}),
    )
    smtp_server: forms.ModelChoiceField[OutgoingServer] = forms.ModelChoiceField(
        label=_("Send through"),
        queryset=None,
        required=False,
        empty_label=_("The server below"),
        help_text=_("Or one of the outgoing servers of the organization."),
    )
    smtp_host = forms.CharField(
        label=_("Server"),
        max_length=253,
        required=False,
        help_text=_("A name or an IP address, such as smtp.gmail.com. Empty: the organization's default server."),
        widget=forms.TextInput(attrs=PLAIN | {"list": "smtp-hosts"}),
    )
    smtp_port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535, initial=587)
    smtp_security = forms.ChoiceField(
        label=_("Security"),
        initial=SecurityChoice.STARTTLS.value,
        widget=with_port("id_smtp_port", {"smtp": SMTP_PORTS}),
    )
    smtp_same_login = forms.BooleanField(label=_("Use the same username and password"), required=False, initial=True)
    smtp_username = forms.CharField(
        label=_("Username"), max_length=320, required=False, widget=forms.TextInput(attrs=LOGIN_NAME)
    )
    smtp_password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs=NO_AUTOFILL),
    )

    is_real_time = forms.BooleanField(
        label=_("Real time"),
        required=False,
        help_text=_("The server tells of new mail as it comes (IMAP IDLE). Polling goes on beside it."),
    )

    known_hosts = (
        ("imap-hosts", IMAP_HOSTS),
        ("pop3-hosts", POP3_HOSTS),
        ("ews-hosts", ()),
        ("smtp-hosts", SMTP_HOSTS),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["smtp_server"].queryset = named_servers()  # type: ignore[attr-defined]  # a ModelChoiceField
        for name in ("security", "smtp_security"):
            self.fields[name].choices = securities()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["host"].widget.attrs["list"] = f"{self['protocol'].value() or ConnectionKind.IMAP}-hosts"

    def clean_protocol(self) -> str:
        """IMAP unless another one is named."""
        return self.cleaned_data["protocol"] or ConnectionKind.IMAP.value

    def clean_host(self) -> str:
        """The server's name, also where the whole address of Exchange Web Services was pasted."""
        host: str = self.cleaned_data["host"]
        return exchange_host(host) if self.is_ews() else host

    def clean_password(self) -> str:
        """Spaces of a pasted app password are gone."""
        return _unspaced(self.cleaned_data["password"])

    def clean_smtp_password(self) -> str:
        """Spaces of a pasted app password are gone."""
        return _unspaced(self.cleaned_data["smtp_password"])

    def is_ews(self) -> bool:
        """True if mail is read through Exchange Web Services."""
        return self.cleaned_data.get("protocol") == ConnectionKind.EWS

    def sends_by_itself(self) -> bool:
        """True if mail leaves through the mailbox that is read."""
        return self.is_ews() and bool(self.cleaned_data.get("sends_itself"))

    def incoming(self) -> ServerInput:
        """The server that mail is read from."""
        data = self.cleaned_data
        kind = ConnectionKind(data["protocol"])
        return ServerInput(
            kind=kind,
            host=data["host"],
            port=data["port"],
            security=SecurityChoice.TLS if kind == ConnectionKind.EWS else SecurityChoice(data["security"]),
            username=data["username"],
            password=data["password"],
            impersonates=self.is_ews() and data["opens_by"] == IMPERSONATION,
        )

    def linked(self) -> OutgoingServer | None:
        """The server that stands by itself, where one was chosen."""
        found: OutgoingServer | None = self.cleaned_data["smtp_server"]
        return None if self.sends_by_itself() else found

    def real_time(self) -> bool:
        """Whether the server is to tell of new mail; POP3 cannot."""
        return bool(self.cleaned_data["is_real_time"]) and self.cleaned_data["protocol"] == ConnectionKind.IMAP

    def watched_folder(self) -> str:
        """The folder that mail is read from."""
        has_folders = traits_of(self.cleaned_data["protocol"]).has_folders
        return self.cleaned_data["folder"] if has_folders else INBOX

    def outgoing(self) -> OutgoingInput | None:
        """The server that mail leaves through; None: one that stands by itself, or the organization's default."""
        data = self.cleaned_data
        if self.sends_by_itself() or data["smtp_server"] or not data["smtp_host"]:
            return None
        own = None if data["smtp_same_login"] else (data["smtp_username"], data["smtp_password"])
        return OutgoingInput(
            host=data["smtp_host"], port=data["smtp_port"], security=SecurityChoice(data["smtp_security"]), account=own
        )


def _unspaced(password: str) -> str:
    """Google, Yahoo and Fastmail show app passwords as four groups of four; other passwords may hold spaces."""
    return "".join(password.split()) if _APP_PASSWORD.fullmatch(password) else password
