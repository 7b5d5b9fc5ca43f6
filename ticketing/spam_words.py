"""What was recognised as spam, and by what, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.mail.spam_content import MIN_TO_ACT
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


def content_words(data: Mapping[str, Any]) -> str:
    """How sure it is, and the words that weighed most. data: of a reason, or of an entry of a history."""
    words = ", ".join(f"“{word}”" for word in data["words"])
    said = _("%(percent)s percent like what you marked as spam, by %(words)s")
    return said % {"percent": data["percent"], "words": words}


def too_few_marks(data: Mapping[str, Any]) -> str:
    """Why it is only said and not done. data: of an entry of a history."""
    return _("%(spam)s of %(least)s marked as spam and %(clean)s of %(least)s as not spam, so it is only said") % {
        "spam": min(data["spam_marks"], MIN_TO_ACT),
        "clean": min(data["clean_marks"], MIN_TO_ACT),
        "least": MIN_TO_ACT,
    }
