"""An outgoing server that stands by itself, as an admin enters it. A stored password is never shown; empty keeps it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.connectors.known_hosts import SMTP_HOSTS
from mailboxes.forms.widgets import LOGIN_NAME, NO_AUTOFILL, PLAIN, SMTP_PORTS, securities, with_port
from mailboxes.models import OutgoingServer, Proxy, SecurityChoice
from mailboxes.services.sending.named_servers import NamedServerInput, password_belongs_to


class OutgoingServerForm(forms.Form):
    """A new outgoing server, or another shape for one. The fields are named as in the form of a mailbox."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As it stands in the list of a mailbox."),
        error_messages={"required": gettext_lazy("Enter a name by which it is chosen in a mailbox.")},
    )
    smtp_host = forms.CharField(
        label=gettext_lazy("Server"),
        max_length=253,
        widget=forms.TextInput(attrs=PLAIN | {"list": "smtp-hosts"}),
        error_messages={"required": gettext_lazy("Enter the name or address of the server.")},
    )
    smtp_port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=65535,
        initial=587,
        error_messages={"required": gettext_lazy("Enter the port of the server, usually 587.")},
    )
    smtp_security = forms.ChoiceField(
        label=gettext_lazy("Security"),
        initial=SecurityChoice.STARTTLS.value,
        widget=with_port("id_smtp_port", {"smtp": SMTP_PORTS}),
    )
    smtp_username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=320,
        required=False,
        help_text=gettext_lazy("Empty: the server asks for none."),
        widget=forms.TextInput(attrs=LOGIN_NAME),
    )
    smtp_password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs=NO_AUTOFILL),
    )
    mails_per_minute = forms.IntegerField(
        label=gettext_lazy("Mails a minute at most"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=gettext_lazy("What is more waits for the next minute. Empty: what is known of the server."),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Default of the organization"),
        required=False,
        help_text=gettext_lazy("Mailboxes without a server of their own send through it."),
    )

    proxy: forms.ModelChoiceField[Proxy] = forms.ModelChoiceField(
        label=gettext_lazy("Proxy"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("None: directly"),
        help_text=gettext_lazy("The way to the server, where a firewall asks for one."),
    )

    known_hosts = SMTP_HOSTS

    def __init__(self, *args: Any, server: OutgoingServer | None = None, **kwargs: Any) -> None:
        self.server = server
        if server is not None:
            kwargs.setdefault("initial", _initial_of(server))
        super().__init__(*args, **kwargs)
        self.fields["proxy"].queryset = Proxy.objects.order_by("name", "id")  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["smtp_security"].choices = securities()  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """With a user name goes a password: the stored one where it was entered for this very server."""
        data: dict[str, Any] = super().clean() or {}
        if self.errors or not data["smtp_username"] or data["smtp_password"]:
            return data
        stored = self.server
        if stored is None or not stored.password_set_at or not password_belongs_to(stored, self.to_input()):
            self.add_error("smtp_password", _("Enter the password for this server and username."))
        return data

    def to_input(self) -> NamedServerInput:
        """What the service takes."""
        data = self.cleaned_data
        return NamedServerInput(
            name=data["name"],
            host=data["smtp_host"],
            port=data["smtp_port"],
            security=SecurityChoice(data["smtp_security"]),
            username=data["smtp_username"],
            password=data["smtp_password"],
            mails_per_minute=data["mails_per_minute"],
            is_default=data["is_default"],
            proxy=data["proxy"],
        )


def _initial_of(server: OutgoingServer) -> dict[str, Any]:
    names = ("name", "mails_per_minute", "is_default")
    values: dict[str, Any] = {name: getattr(server, name) for name in names}
    places = {f"smtp_{name}": getattr(server, name) for name in ("host", "port", "security", "username")}
    return values | places | {"proxy": server.proxy_id}
