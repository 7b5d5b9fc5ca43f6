"""What became of a discarded mail that was to go on to somebody, as a sentence in the reader's language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.forwarding.noting import WithheldBecause
from ticketing.forwarding.sending import MAX_AN_HOUR
from ticketing.models import ForwardedMail, ForwardState

_WITHHELD: dict[str, Promise] = {
    WithheldBecause.AUTOMATIC: gettext_lazy("Not forwarded: it is automatic mail."),
    WithheldBecause.OUR_OWN: gettext_lazy("Not forwarded: the address is a mailbox of yours."),
    WithheldBecause.ITS_SENDER: gettext_lazy("Not forwarded: it comes from the very address."),
    WithheldBecause.ANSWERS_US: gettext_lazy("Not forwarded: it answers a mail that was forwarded."),
    WithheldBecause.NOBODY: gettext_lazy("Not forwarded: the setting names nobody any more."),
    WithheldBecause.FILE_MISSING: gettext_lazy("Not forwarded: its stored file is missing."),
    WithheldBecause.NO_SERVER: gettext_lazy("Not forwarded: the mailbox has no outgoing server."),
    WithheldBecause.BAD_ADDRESS: gettext_lazy("Not forwarded: the address cannot be written to."),
    WithheldBecause.BOUNCED: gettext_lazy("Not forwarded: mail to the address came back as undeliverable."),
    WithheldBecause.TOO_LARGE: gettext_lazy("Not forwarded: it is larger than the outgoing server takes."),
}


def forward_words(row: ForwardedMail) -> str:
    """Whether it goes on, and why not."""
    if row.state == ForwardState.DUE:
        return _("It is about to be forwarded.")
    if row.state == ForwardState.QUEUED:
        return _("Forwarded to %(address)s. The outbox says whether it arrived.") % {"address": row.recipient}
    if row.reason == WithheldBecause.TOO_MANY:
        words = _("Not forwarded: %(n)s went on within an hour already.")
        return words % {"n": MAX_AN_HOUR}
    return str(_WITHHELD.get(row.reason, ""))
