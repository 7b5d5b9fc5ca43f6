"""A mailbox of Microsoft 365 by an app registration, as an admin enters it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from mailboxes.forms.any_mailbox import initial_of
from mailboxes.forms.exchange_fields import AppServices, initial_of_services
from mailboxes.forms.graph_fields import GraphFields
from mailboxes.forms.more_addresses import MoreAddresses
from mailboxes.forms.start_date import StartFields
from mailboxes.forms.widgets import NO_AUTOFILL, PLAIN
from mailboxes.models import Cloud, Mailbox, OutgoingKind
from mailboxes.services.oauth.registrations import grant_of, is_secret_asked
from mailboxes.services.setup.mailbox_inputs import MailboxInput, RegistrationInput, ServerInput

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"(?=.{4,100}$)[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_MISSING = {
    "tenant": _("Enter the directory (tenant) ID of your organization."),
    "client_id": _("Enter the application (client) ID of the app registration."),
    "client_secret": _("Enter the value of the client secret."),
}


class GraphForm(AppServices, MoreAddresses, GraphFields):
    """A new mailbox: the app, the mailbox it opens, and what happens to the mail."""

    tenant = forms.CharField(
        label=_("Tenant ID"),
        max_length=100,
        help_text=_("Directory (tenant) ID in Entra, or a domain of it. Also at admin.microsoft.com under Settings."),
        widget=forms.TextInput(attrs=PLAIN | {"autocomplete": "off"}),
    )
    client_id = forms.CharField(
        label=_("Client ID"),
        max_length=200,
        help_text=_("Application (client) ID on the overview of the app registration."),
        widget=forms.TextInput(attrs=PLAIN | {"autocomplete": "off"}),
    )
    client_secret = forms.CharField(
        label=_("Client secret value"),
        required=False,
        max_length=500,
        help_text=_("The value, not the secret ID. Entra shows it once, when the secret is created."),
        widget=forms.PasswordInput(attrs=NO_AUTOFILL),
    )
    secret_ends_on = forms.DateField(
        label=_("Secret expires on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("As Entra shows it, at most 24 months ahead."),
    )
    cloud = forms.ChoiceField(label=_("Cloud"), choices=Cloud.choices, initial=Cloud.GLOBAL.value)
    remote_user = forms.CharField(
        label=_("User, if it is not the address"),
        required=False,
        max_length=320,
        help_text=_("The sign-in name or object ID of the mailbox in Entra, where it differs from the address."),
        widget=forms.TextInput(attrs=PLAIN | {"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client_secret"].required = self.mailbox is None
        self.fields["sends"].help_text = _what_sending_needs()
        for name, sentence in _MISSING.items():
            self.fields[name].error_messages["required"] = sentence

    def clean_tenant(self) -> str:
        """An id or a domain of one tenant."""
        tenant: str = self.cleaned_data["tenant"].strip().lower()
        if _GUID.fullmatch(tenant) or _DOMAIN.fullmatch(tenant):
            return tenant
        raise ValidationError(_("A tenant ID looks like 6f1c2e0a-4b7d-4e02-9a51-0d3a7c91b2e4, or is a domain."))

    def clean_client_id(self) -> str:
        """An id as Entra gives it."""
        client_id: str = self.cleaned_data["client_id"].strip().lower()
        if _GUID.fullmatch(client_id):
            return client_id
        raise ValidationError(_("A client ID looks like b1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2."))

    def clean_client_secret(self) -> str:
        """Not the id of the secret, which is what stands beside it in Entra for ever."""
        secret: str = self.cleaned_data["client_secret"].strip()
        if _GUID.fullmatch(secret):
            sentence = _(
                "This looks like the secret ID. Paste the secret value instead: it is shown once, when the secret is "
                "created. If it is gone, create a new secret."
            )
            raise ValidationError(sentence)
        return secret

    def real_time(self) -> bool:
        """True if Microsoft is to tell of new mail; Exchange Web Services are polled."""
        return super().real_time() and not self.is_ews()

    def app(self) -> RegistrationInput:
        """The app as entered."""
        data = self.cleaned_data
        return RegistrationInput(
            tenant=data["tenant"],
            client_id=data["client_id"],
            client_secret=data["client_secret"],
            secret_ends_on=data["secret_ends_on"],
            cloud=data["cloud"],
            sends=data["sends"],
        )

    def incoming(self) -> ServerInput:
        """Where the app reads."""
        return self.place(self.app())

    def to_input(self, *, is_enabled: bool) -> MailboxInput:
        """What the service takes."""
        entered = super().to_input(is_enabled=is_enabled)
        return replace(entered, app=self.app(), remote_user=self.cleaned_data["remote_user"].strip())


def _what_sending_needs() -> str:
    """For each service that may be chosen; the stylesheet shows the one."""
    return format_html(
        '<span class="mailbox-form__graph">{}</span><span class="mailbox-form__ews">{}</span> {}',
        _("Needs Mail.Send."),
        _("Needs full_access_as_app, the permission that reading needs, too."),
        _("Off: answers leave through the organization's default server."),
    )


class GraphEditForm(StartFields, GraphForm):
    """A mailbox that is there: what is stored, but for the secret; empty keeps it."""

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        self.mailbox = self._edited = mailbox
        kwargs.setdefault("initial", initial_of(mailbox) | _initial_of_app(mailbox))
        super().__init__(*args, **kwargs)
        if mailbox.is_draft:  # asked on a page of its own
            del self.fields["existing_mail"], self.fields["start_on"]

    def clean(self) -> dict[str, Any]:
        """No stored secret goes to an app it was not entered for."""
        data = super().clean()
        if not self.errors and is_secret_asked(self.app(), mailbox=self._edited):
            self.add_error("client_secret", _("Tenant, client ID or cloud changed: enter the secret again."))
        return data


def _initial_of_app(mailbox: Mailbox) -> dict[str, Any]:
    grant = grant_of(mailbox.connection)
    sends = mailbox.outgoing is not None and mailbox.outgoing.kind != OutgoingKind.SMTP
    values: dict[str, Any] = {"remote_user": mailbox.remote_user, "sends": sends} | initial_of_services(mailbox)
    values["is_real_time"] = mailbox.is_real_time
    if grant is not None:
        values |= {"tenant": grant.tenant, "client_id": grant.client_id, "cloud": grant.cloud}
        values["secret_ends_on"] = grant.client_secret_ends_on
    return values
