"""What Exchange Web Services ask for beside what any server does: the address of the services, and whose mailbox."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.widgets import PLAIN
from mailboxes.models import ConnectionKind, Mailbox, OutgoingKind, SecurityChoice
from mailboxes.services.oauth.registrations import place_of_app
from mailboxes.services.setup.mailbox_inputs import RegistrationInput, ServerInput

EWS_ADDRESS = "EWS:outlook.office365.com/ews/Exchange.asmx"
EWS_PORT = 443
_ADDRESS = re.compile(r"\s*(?:EWS:)?(?:https://)?([^/:\s]+)(?::443)?(?:/ews/exchange\.asmx)?/?\s*", re.IGNORECASE)
IMPERSONATION = "impersonation"
_RIGHTS = (
    ("delegation", _("By full access: the account was given access to the mailbox")),
    (IMPERSONATION, _("By impersonation: the account has the role ApplicationImpersonation")),
)


def exchange_host(entered: str) -> str:
    """The server's name, also where the whole address of the services was pasted."""
    found = _ADDRESS.fullmatch(entered)
    return found[1] if found else entered.strip()


class ExchangeFields(forms.Form):
    """Of an account with a password, or of somebody who signed in; of use to Exchange Web Services alone."""

    remote_user = forms.EmailField(
        label=_("Mailbox that is read"),
        required=False,
        max_length=320,
        widget=forms.EmailInput(attrs=PLAIN | {"autocomplete": "off"}),
        help_text=_(
            "Only where Exchange knows the mailbox by another address than the one above, as a shared or additional "
            "mailbox may be."
        ),
    )
    opens_by = forms.ChoiceField(
        label=_("How the account opens it"),
        required=False,
        choices=_RIGHTS,
        initial=_RIGHTS[0][0],
        help_text=_("The mailbox of the account itself needs neither."),
    )
    sends_itself = forms.BooleanField(
        label=_("Send through Exchange, too"),
        required=False,
        initial=True,
        help_text=_(
            "Exchange files the copy in Sent Items itself. It takes nothing beyond what reading takes: access to the"
            " mailbox, and EWS.AccessAsUser.All where somebody signed in. Off: answers leave by SMTP, or the default"
            " server."
        ),
    )


def initial_of_exchange(mailbox: Mailbox) -> dict[str, Any]:
    """What is stored, by the names of the fields."""
    sends = mailbox.outgoing is not None and mailbox.outgoing.kind == OutgoingKind.EWS
    return {
        "remote_user": mailbox.remote_user,
        "opens_by": IMPERSONATION if mailbox.connection.impersonates else _RIGHTS[0][0],
        "sends_itself": sends or mailbox.connection.kind != ConnectionKind.EWS,
    }


class AppServices(forms.Form):
    """Which services a registered app reads and sends through, and where those of Exchange are."""

    protocol = forms.ChoiceField(
        label=_("Protocol"),
        required=False,
        choices=(
            (ConnectionKind.GRAPH.value, _("Microsoft Graph (recommended)")),
            (ConnectionKind.EWS.value, _("Exchange Web Services (EWS, called MAPI elsewhere)")),
        ),
        initial=ConnectionKind.GRAPH.value,
        help_text=_("Exchange Web Services are the second choice, for where Graph cannot be."),
    )
    host = forms.CharField(
        label=_("Server"),
        max_length=300,
        initial=EWS_ADDRESS,
        help_text=_("As it stands for Exchange Online; else the name of a server of your own. Always with TLS (SSL)."),
        error_messages={"required": _("Enter the name of the Exchange server.")},
        widget=forms.TextInput(attrs=PLAIN | {"autocomplete": "off"}),
    )
    port = forms.IntegerField(
        label=_("Port"),
        min_value=1,
        max_value=65535,
        initial=EWS_PORT,
        error_messages={"required": _("Enter the port of the server, usually 443.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_asked = not self.is_bound or self["protocol"].value() == ConnectionKind.EWS
        for name in ("host", "port"):
            self.fields[name].required = is_asked

    def clean_protocol(self) -> str:
        """Graph unless the other one is named."""
        return self.cleaned_data["protocol"] or ConnectionKind.GRAPH.value

    def clean_host(self) -> str:
        """The server's name."""
        return exchange_host(self.cleaned_data["host"])

    def is_ews(self) -> bool:
        """True if the app reads through Exchange Web Services."""
        return self.cleaned_data.get("protocol") == ConnectionKind.EWS

    def place(self, app: RegistrationInput) -> ServerInput:
        """The connection as a server and an account on it."""
        if not self.is_ews():
            return place_of_app(app)
        return ServerInput(
            host=self.cleaned_data["host"],
            port=self.cleaned_data["port"],
            security=SecurityChoice.TLS,
            username=app.tenant.strip().lower(),
            kind=ConnectionKind.EWS,
        )


def initial_of_services(mailbox: Mailbox) -> dict[str, Any]:
    """What is stored, by the names of the fields."""
    connection = mailbox.connection
    if connection.kind != ConnectionKind.EWS:
        return {}
    return {"protocol": connection.kind, "host": connection.host, "port": connection.port}
