"""A proxy as an admin enters it. A stored password is never shown; empty keeps it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.models import Proxy, ProxyKindChoice
from mailboxes.services.setup.proxies import ProxyInput, password_belongs_to


class ProxyForm(forms.Form):
    """A new proxy, or another shape for one."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As it stands in the list of a mailbox."),
        error_messages={"required": gettext_lazy("Enter a name, such as Way out of the data centre.")},
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=ProxyKindChoice.choices, initial=ProxyKindChoice.HTTP.value
    )
    host = forms.CharField(
        label=gettext_lazy("Server"),
        max_length=253,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
        error_messages={"required": gettext_lazy("Enter the name or address of the proxy.")},
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=65535,
        initial=3128,
        help_text=gettext_lazy("Usual: 3128, 8080 or 443 for HTTP, 1080 for SOCKS5. Others need the operator's leave."),
        error_messages={"required": gettext_lazy("Enter the port of the proxy, usually 3128 or 1080.")},
    )
    username = forms.CharField(
        label=gettext_lazy("Username"),
        max_length=320,
        required=False,
        help_text=gettext_lazy("Empty: the proxy asks for none."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        max_length=255,  # RFC 1929
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, proxy: Proxy | None = None, **kwargs: Any) -> None:
        self.proxy = proxy
        if proxy is not None:
            names = ("name", "kind", "host", "port", "username")
            kwargs.setdefault("initial", {name: getattr(proxy, name) for name in names})
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """With a user name goes a password: the stored one where it was entered for this very proxy."""
        data: dict[str, Any] = super().clean() or {}
        if self.errors or not data["username"] or data["password"]:
            return data
        stored = self.proxy
        if stored is None or not stored.password_set_at or not password_belongs_to(stored, self.to_input()):
            self.add_error("password", _("Enter the password for this proxy and username."))
        return data

    def to_input(self) -> ProxyInput:
        """What the service takes."""
        names = ("name", "kind", "host", "port", "username", "password")
        return ProxyInput(**{name: self.cleaned_data[name] for name in names})
