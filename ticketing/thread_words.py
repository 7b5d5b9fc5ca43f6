"""Where in a mail stood what led it to its ticket."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ticketing.models import Message, ThreadReason

_PLACES: dict[str, Promise] = {
    ThreadReason.NEW: _("No token, no known Message-ID and no number in it led to a ticket that was there."),
    ThreadReason.TOKEN: _("Header In-Reply-To or References. The token is signed: nobody outside can make one up."),
    ThreadReason.TOKEN_ADDRESS: _(
        "Header To, Cc or Delivered-To. The token is signed: nobody outside can make one up."
    ),
    ThreadReason.TOKEN_SUBJECT: _("Header Subject. The number is signed: nobody outside can make one up."),
    ThreadReason.REFERENCE: _("Header In-Reply-To or References."),
    ThreadReason.REMEMBERED: _("Header In-Reply-To or References. Somebody it names is on the ticket."),
    ThreadReason.ANSWERED_FIRST: _("Header Message-ID: the answer was here before it."),
    ThreadReason.BODY_TOKEN: _("In the text that it quotes. The token is signed: nobody outside can make one up."),
    ThreadReason.SUBJECT_NUMBER: _("Header Subject."),
    ThreadReason.REPORT: _("The report names the mail that failed."),
}


def matched_header(message: Message) -> str:
    """The header that led the mail here; "" where none did."""
    return str(_PLACES.get(message.thread_reason, ""))
