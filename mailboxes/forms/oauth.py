"""A mailbox that somebody signs in for, as an admin enters it. A stored secret is never shown; empty keeps it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.connectors.http import host_of
from mailboxes.connectors.oauth.microsoft import is_tenant
from mailboxes.models import Cloud, ConnectionKind, OAuthGrant, Provider, Proxy, SecurityChoice
from mailboxes.services.oauth.grant_inputs import AppInput, Place
from mailboxes.services.oauth.grants import operator_app

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
_KINDS = [(ConnectionKind.IMAP.value, "IMAP"), (ConnectionKind.POP3.value, "POP3")]
_MICROSOFT_KINDS = [
    (ConnectionKind.GRAPH.value, gettext_lazy("Microsoft Graph (recommended)")),
    *_KINDS,
    (ConnectionKind.EWS.value, gettext_lazy("Exchange Web Services (until 1 April 2027)")),
]
_SECURE = [choice for choice in SecurityChoice.choices if choice[0] != SecurityChoice.NONE]
_MACHINE = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
_OWN_APP = ("client_id", "client_secret", "client_secret_ends_on")
_MICROSOFT = ("tenant", "cloud")
_GOOGLE = ("is_in_testing",)
_OTHER = ("authorize_url", "token_url", "scopes", "client_auth", "extra_parameters", "refresh_lifetime_days")
_SERVERS = ("host", "port", "security", "smtp_host", "smtp_port", "smtp_security")


def _text(label: Any, *, limit: int, hint: Any = "", required: bool = False, error: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        help_text=hint,
        widget=forms.TextInput(attrs=_MACHINE),
        error_messages={"required": error} if error else None,
    )


class GrantForm(forms.Form):
    """App and account. What a provider does not need is no field of it."""

    account = forms.EmailField(
        label=gettext_lazy("Account that signs in"),
        max_length=320,
        required=False,
        help_text=gettext_lazy(
            "Only for a shared mailbox: the person who may open it (at Microsoft: Read and manage). Empty: the mailbox "
            "itself signs in."
        ),
    )
    client_id = _text(gettext_lazy("Application (client) ID"), limit=200)
    client_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("The secret's value, not its ID. It is encrypted before it is stored, and never shown."),
    )
    client_secret_ends_on = forms.DateField(
        label=gettext_lazy("The secret ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("As the provider showed it."),
    )
    is_in_testing = forms.BooleanField(
        label=gettext_lazy("The app is in testing at Google"),
        required=False,
        help_text=gettext_lazy(
            "An external app that is not published: Google ends each of its sign-ins after 7 days, and Postroom warns "
            "the day before."
        ),
    )
    tenant = _text(
        gettext_lazy("Directory (tenant) ID"),
        limit=100,
        hint=gettext_lazy("An ID or a domain. Empty: people of any organization may sign in."),
    )
    cloud = forms.ChoiceField(label=gettext_lazy("Cloud"), choices=Cloud.choices, initial=Cloud.GLOBAL.value)
    authorize_url = _text(
        gettext_lazy("Authorization address"),
        limit=500,
        required=True,
        error=gettext_lazy("Enter the address where people sign in; it begins with https://"),
    )
    token_url = _text(
        gettext_lazy("Token address"),
        limit=500,
        required=True,
        error=gettext_lazy("Enter the address that gives tokens; it begins with https://"),
    )
    scopes = _text(
        gettext_lazy("Scopes"),
        limit=2000,
        required=True,
        hint=gettext_lazy("Several are separated by spaces. Most providers want offline_access for lasting access."),
        error=gettext_lazy("Enter the scopes that allow reading and sending mail."),
    )
    client_auth = forms.ChoiceField(
        label=gettext_lazy("The secret is sent"),
        choices=[("basic", gettext_lazy("in the header (client_secret_basic)")), ("post", gettext_lazy("in the form"))],
        initial="basic",
    )
    extra_parameters = forms.CharField(
        label=gettext_lazy("Further parameters of the sign-in"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, **_MACHINE}),
        help_text=gettext_lazy("One on each line, as name=value."),
    )
    refresh_lifetime_days = forms.IntegerField(
        label=gettext_lazy("A sign-in lasts (days)"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("The life of the refresh token. Empty: unknown."),
    )
    proxy: forms.ModelChoiceField[Proxy] = forms.ModelChoiceField(
        label=gettext_lazy("Proxy"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("None: directly"),
        help_text=gettext_lazy("The way to the mail servers and to the provider, where a firewall asks for one."),
    )

    def __init__(self, *args: Any, provider: Provider, grant: OAuthGrant | None = None, **kwargs: Any) -> None:
        self.provider, self.grant = provider, grant
        self.has_operator_app = bool(operator_app(provider)[0])
        if grant is not None:
            kwargs.setdefault("initial", _initial_of(grant))
        super().__init__(*args, **kwargs)
        self.fields["proxy"].queryset = Proxy.objects.order_by("name", "id")  # type: ignore[attr-defined]  # a ModelChoiceField
        for name in self._needless():
            self.fields.pop(name, None)
        if not self.has_operator_app:
            self._require("client_id", _("Enter the ID of the app that you registered."))
            if grant is None:
                self._require("client_secret", _("Enter the client secret of this app."))

    def _require(self, name: str, sentence: str) -> None:
        self.fields[name].required = True
        self.fields[name].error_messages["required"] = sentence

    def clean_client_secret(self) -> str:
        """A value; the ID of a secret is recognised by its shape."""
        secret: str = self.cleaned_data["client_secret"].strip()
        if self.provider == Provider.MICROSOFT and _GUID.fullmatch(secret):
            raise forms.ValidationError(
                _("This is the secret's ID. Microsoft shows its value only once, right after it was made: paste that.")
            )
        return secret

    def clean_tenant(self) -> str:
        """An id or a domain."""
        tenant: str = self.cleaned_data["tenant"].strip().lower()
        if tenant and not is_tenant(tenant):
            raise forms.ValidationError(_("Enter the directory's ID, or a domain such as example.com."))
        return tenant

    def clean_authorize_url(self) -> str:
        """An https address."""
        return _https(self.cleaned_data["authorize_url"])

    def clean_token_url(self) -> str:
        """An https address."""
        return _https(self.cleaned_data["token_url"])

    def clean_scopes(self) -> tuple[str, ...]:
        """The scopes, each once."""
        scopes = tuple(dict.fromkeys(self.cleaned_data["scopes"].split()))
        if not all(_SCOPE.fullmatch(scope) for scope in scopes):
            raise forms.ValidationError(_("A scope holds no quotes and no letters beyond a to z."))
        return scopes

    def clean_extra_parameters(self) -> dict[str, str]:
        """Name and value of each line."""
        lines = [line.strip() for line in self.cleaned_data["extra_parameters"].splitlines() if line.strip()]
        pairs = [line.partition("=") for line in lines]
        if not all(name.strip() and joint for name, joint, _value in pairs):
            raise forms.ValidationError(_("Write each parameter on a line of its own, as name=value."))
        return {name.strip(): value.strip() for name, _joint, value in pairs}

    def clean(self) -> dict[str, Any]:
        """An app: the installation's, or one with id and secret."""
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        if data["client_id"] and not data["client_secret"] and not self._keeps_secret(data["client_id"]):
            self.add_error("client_secret", _("Enter the client secret of this app."))
        return data

    def to_app(self) -> AppInput:
        """What the service takes."""
        names = [*_OWN_APP, *_MICROSOFT, *_GOOGLE, *_OTHER]
        entered = {name: self.cleaned_data[name] for name in names if name in self.fields}
        if "cloud" in entered:
            entered["cloud"] = Cloud(entered["cloud"])
        return AppInput(**entered)

    def _keeps_secret(self, client_id: str) -> bool:
        grant = self.grant
        return grant is not None and bool(grant.client_secret_sealed) and grant.client_id == client_id

    def _needless(self) -> tuple[str, ...]:
        wanted = {Provider.MICROSOFT: _MICROSOFT, Provider.GOOGLE: _GOOGLE, Provider.OTHER: _OTHER}[self.provider]
        return tuple(name for name in (*_MICROSOFT, *_GOOGLE, *_OTHER) if name not in wanted)


class SignedInMailboxForm(GrantForm):
    """A new mailbox, with app and account."""

    name = forms.CharField(
        label=gettext_lazy("Mailbox name"),
        max_length=80,
        help_text=gettext_lazy("Agents see this name. Customers don't."),
        error_messages={"required": gettext_lazy("Enter a name by which agents know the mailbox.")},
    )
    address = forms.EmailField(
        label=gettext_lazy("Mailbox address"),
        max_length=320,
        help_text=gettext_lazy("The address that customers write to. Give Postroom one that serves nothing else."),
        error_messages={"required": gettext_lazy("Enter the address that customers write to.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Read by"),
        choices=_KINDS,
        initial=ConnectionKind.IMAP.value,
        help_text=gettext_lazy("Always encrypted: IMAPS or POP3S. IMAP knows folders and files a copy in Sent."),
    )
    host = _text(
        gettext_lazy("Server for receiving"), limit=253, required=True, error=gettext_lazy("Enter the server's name.")
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(label=gettext_lazy("Security"), choices=_SECURE, initial=SecurityChoice.TLS.value)
    smtp_host = _text(
        gettext_lazy("Server for sending"), limit=253, required=True, error=gettext_lazy("Enter the server's name.")
    )
    smtp_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    smtp_security = forms.ChoiceField(
        label=gettext_lazy("Security"), choices=_SECURE, initial=SecurityChoice.STARTTLS.value
    )

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        super().__init__(*args, provider=provider, **kwargs)
        if provider == Provider.MICROSOFT:
            kind = self.fields["kind"]
            kind.choices = _MICROSOFT_KINDS  # type: ignore[attr-defined]  # a ChoiceField
            kind.initial = ConnectionKind.GRAPH.value
            kind.help_text = gettext_lazy(
                "Microsoft Graph is Microsoft's own way, and works where an organization has switched off IMAP, POP or "
                "SMTP. IMAP and POP3 are always encrypted. Exchange Web Services come last: Microsoft switches them "
                "off, from 1 October 2026 for organizations without an allow list, and for all on 1 April 2027. They "
                "ask for EWS.AccessAsUser.All."
            )

    def places(self) -> tuple[Place, Place] | None:
        """The servers that were entered; None where the provider's are known."""
        if self.provider != Provider.OTHER:
            return None
        data = self.cleaned_data
        return (
            Place(data["host"], data["port"], SecurityChoice(data["security"])),
            Place(data["smtp_host"], data["smtp_port"], SecurityChoice(data["smtp_security"])),
        )

    def _needless(self) -> tuple[str, ...]:
        return super()._needless() + (() if self.provider == Provider.OTHER else _SERVERS)


def _https(url: str) -> str:
    if not host_of(url):
        raise forms.ValidationError(_("The address begins with https:// and holds no user name."))
    return url


def _initial_of(grant: OAuthGrant) -> dict[str, Any]:
    names = ("client_id", "client_secret_ends_on", "tenant", "cloud", "authorize_url", "token_url", "client_auth")
    stored = {name: getattr(grant, name) for name in (*names, "is_in_testing", "refresh_lifetime_days")}
    parameters = "\n".join(f"{name}={value}" for name, value in grant.extra_parameters.items())
    connection = grant.connection
    stored |= {"account": connection.username, "proxy": connection.proxy_id}
    return {**stored, "scopes": " ".join(grant.scopes), "extra_parameters": parameters}
