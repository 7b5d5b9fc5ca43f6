"""Which headers count as signs of spam, and whether the operator's spam daemon is asked, as an admin enters it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from helpdesk.spam_daemon.words import switch_words, taught_words
from mailboxes.models import Mailbox, SpamTrust
from mailboxes.services.setup.spam_switches import SpamInput


class SpamForm(forms.Form):
    """Four switches, whose headers are believed, and one more where the operator runs a spam daemon."""

    trusts_spamassassin = forms.BooleanField(
        label=_("SpamAssassin says spam"),
        required=False,
        help_text=_("X-Spam-Flag: YES, or X-Spam-Status: Yes."),
    )
    trusts_exchange = forms.BooleanField(
        label=_("Exchange says spam"),
        required=False,
        help_text=_(
            "X-Forefront-Antispam-Report with SFV:SPM, SKS, SKB or BLK, or a spam confidence level (SCL) of 5 or more."
        ),
    )
    trusts_feedback_id = forms.BooleanField(
        label=_("Mailings (Feedback-ID)"),
        required=False,
        help_text=_(
            "Any Feedback-ID: newsletters carry it, and so do invoices and order confirmations of many shops. Switch "
            "it off if your customers write through such services. An answer to a ticket is never spam because of it."
        ),
    )
    trusts_dmarc = forms.BooleanField(
        label=_("The sender is not proven (DMARC)"),
        required=False,
        help_text=_(
            "dmarc=fail in Authentication-Results of the receiving server: the mail does not come from where it says. "
            "Mailing lists and forwarders break this proof too."
        ),
    )
    spam_trust = forms.ChoiceField(
        label=_("Whose headers are believed"), choices=SpamTrust.choices, widget=forms.RadioSelect
    )
    asks_spam_daemon = forms.BooleanField(
        required=False,
        help_text=_(
            "It sees each mail that would open a ticket, before the ticket is opened. Answers to tickets, and mail "
            "that your organization’s own marks call clean, are not judged by it."
        ),
    )

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(mailbox, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        self._mailbox = mailbox
        if settings.SPAM_DAEMON is None:
            del self.fields["asks_spam_daemon"]
        else:
            field, is_taught = self.fields["asks_spam_daemon"], settings.SPAM_TEACHING is not None
            field.label = switch_words(settings.SPAM_DAEMON.kind)
            field.help_text = taught_words(str(field.help_text), is_taught=is_taught)

    def to_input(self) -> SpamInput:
        """What was entered. The form is valid."""
        data = {"asks_spam_daemon": self._mailbox.asks_spam_daemon, **self.cleaned_data}
        return SpamInput(spam_trust=SpamTrust(data.pop("spam_trust")), **data)
