"""The form of how mail is taken: repeated mail, what answers quote, the installation's spam filter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from helpdesk.spam_daemon.words import switch_words, taught_words
from ticketing.models import Copies, Quotes
from ticketing.services.mail_policy import REPEAT_DAYS, MailPolicyInput

_DAYS = ngettext_lazy("%d day", "%d days")


class MailPolicyForm(forms.Form):
    """The choices of the organization."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    repeat_days = forms.TypedChoiceField(
        label=_("Remember a mail for"),
        help_text=_(
            "A mail with the same Message-ID and the same content is recorded as a duplicate. Later than this it is a "
            "new mail."
        ),
        choices=[("", _("ever")), *((days, _DAYS % days) for days in REPEAT_DAYS)],
        coerce=int,
        empty_value=None,
        required=False,
    )
    copies = forms.ChoiceField(
        label=_("The same mail through two mailboxes"),
        help_text=_("As when somebody writes to two of your addresses at once."),
        choices=Copies.choices,
    )
    quotes = forms.ChoiceField(
        label=_("What an answer quotes"),
        help_text=_("Left out is what a mail on a ticket quotes below its own words. The original has it."),
        choices=Quotes.choices,
    )
    asks_above = forms.BooleanField(
        label=_("Begin our mails with a line that asks to answer above it"),
        help_text=_("Most mail programs mark what they quote. The line helps where they do not."),
        required=False,
    )

    asks_spam_daemon = forms.BooleanField(
        help_text=_("Off: no mail of your organization is shown to it, whatever its mailboxes say."), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.SPAM_DAEMON is None:
            del self.fields["asks_spam_daemon"]
        else:
            field, is_taught = self.fields["asks_spam_daemon"], settings.SPAM_TEACHING is not None
            field.label = switch_words(settings.SPAM_DAEMON.kind)
            field.help_text = taught_words(str(field.help_text), is_taught=is_taught)

    @classmethod
    def of(cls, data: MailPolicyInput) -> MailPolicyForm:
        """Shows the choices as they stand."""
        return cls(
            initial={
                "version": data.version,
                "repeat_days": data.repeat_days or "",
                "copies": data.copies.value,
                "quotes": data.quotes.value,
                "asks_above": data.asks_above,
                "asks_spam_daemon": data.asks_spam_daemon,
            }
        )

    def to_input(self, *, kept: MailPolicyInput) -> MailPolicyInput:
        """What was chosen. The form is valid. kept: the choices as they stand, for what it does not show."""
        data = self.cleaned_data
        return MailPolicyInput(
            repeat_days=data["repeat_days"],
            copies=Copies(data["copies"]),
            quotes=Quotes(data["quotes"]),
            asks_above=data["asks_above"],
            asks_spam_daemon=data.get("asks_spam_daemon", kept.asks_spam_daemon),
            version=data["version"],
        )
