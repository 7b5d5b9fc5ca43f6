"""A webhook as an admin enters it. Its secret is never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ticketing.models import EventType, Webhook
from ticketing.services.webhooks.subscriptions import MAX_URL_CHARS, WebhookInput

_SECRET_HINT = _("Only if the other system has made one, such as another Postroom. Empty: we make one.")
_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class WebhookForm(forms.Form):
    """Where an integration is called, and with what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=MAX_URL_CHARS,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://", **_PLAIN}),
        help_text=_("Begins with https:// and is on the public Internet. Redirects are not followed."),
        error_messages={"required": _("Enter the address that is to be called.")},
    )
    types = forms.MultipleChoiceField(
        label=_("It is told when"),
        choices=EventType.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=EventType.values,
        error_messages={"required": _("Choose at least one kind of event.")},
    )

    sends_files = forms.BooleanField(
        label=_("Send files along"),
        required=False,
        help_text=_("As Base64, up to 3 MB with each message. Larger ones are named, and the API has them."),
    )

    def __init__(self, *args: Any, webhook: Webhook | None = None, **kwargs: Any) -> None:
        if webhook is not None:
            stored = {"url": webhook.url, "types": webhook.types, "sends_files": webhook.sends_files}
            kwargs.setdefault("initial", stored)
        super().__init__(*args, **kwargs)

    def to_input(self) -> WebhookInput:
        """What the service takes."""
        values = self.cleaned_data
        return WebhookInput(
            url=values["url"],
            types=values["types"],
            secret=values.get("secret", ""),
            sends_files=values["sends_files"],
        )


class NewWebhookForm(WebhookForm):
    """The same with the secret, which is entered or made once."""

    secret = forms.CharField(
        label=_("Secret"), max_length=120, required=False, help_text=_SECRET_HINT, widget=forms.TextInput(attrs=_PLAIN)
    )


class SecretForm(forms.Form):
    """Another secret."""

    secret = NewWebhookForm.declared_fields["secret"]
