"""What was recognised as spam, and by what, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.mail.spam_headers import Signal

# As the switches of a mailbox are named.
SWITCHES: dict[str, Promise] = {
    Signal.SPAMASSASSIN: gettext_lazy("SpamAssassin says spam"),
    Signal.EXCHANGE: gettext_lazy("Exchange says spam"),
    Signal.FEEDBACK_ID: gettext_lazy("Mailings (Feedback-ID)"),
    Signal.DMARC: gettext_lazy("The sender is not proven (DMARC)"),
}


def header_words(data: Mapping[str, Any]) -> str:
    """The header line and the switch that made it count. data: of a reason, or of an entry of a history."""
    switch = SWITCHES.get(data["signal"], data["signal"])
    return _("its header says %(line)s. Setting of the mailbox: %(switch)s") % {"line": data["line"], "switch": switch}
