"""Which headers count as signs of spam, as an admin enters it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.models import Mailbox, SpamTrust
from mailboxes.services.setup.spam_switches import SpamInput


class SpamForm(forms.Form):
    """Four switches, and whose headers are believed."""

    trusts_spamassassin = forms.BooleanField(
        label=_("SpamAssassin says spam"),
        required=False,
        help_text=_("X-Spam-Flag: YES, or X-Spam-Status: Yes."),
    )
    trusts_exchange = forms.BooleanField(
        label=_("Exchange says spam"),
        required=False,
        help_text=_("X-Forefront-Antispam-Report with SFV:SPM, or a spam confidence level (SCL) of 5 or more."),
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

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(mailbox, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)

    def to_input(self) -> SpamInput:
        """What was entered. The form is valid."""
        data = dict(self.cleaned_data)
        return SpamInput(spam_trust=SpamTrust(data.pop("spam_trust")), **data)
