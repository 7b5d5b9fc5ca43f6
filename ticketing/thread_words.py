"""Where in a mail stood what led it to its ticket, and when it says that it was written."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ticketing.models import Message, ThreadReason

CLOCKS_APART = timedelta(minutes=10)  # travel and clocks that are a little wrong tell nobody anything

_PLACES: dict[str, Promise] = {
    ThreadReason.NEW: _("No token, no known Message-ID and no number in it led to a ticket that was there."),
    ThreadReason.TOKEN: _("Header In-Reply-To or References. The token is signed: nobody outside can make one up."),
    ThreadReason.TOKEN_ADDRESS: _(
        "Header To, Cc or Delivered-To. The token is signed: nobody outside can make one up."
    ),
    ThreadReason.TOKEN_SUBJECT: _("Header Subject. The number is signed: nobody outside can make one up."),
    ThreadReason.REFERENCE: _(
        "Header In-Reply-To or References. It answers a mail of ours, or somebody it names is on the ticket."
    ),
    ThreadReason.REMEMBERED: _("Header In-Reply-To or References. Somebody it names is on the ticket."),
    ThreadReason.ANSWERED_FIRST: _("Header Message-ID: the answer was here before it."),
    ThreadReason.BODY_TOKEN: _("In the text that it quotes. The token is signed: nobody outside can make one up."),
    ThreadReason.SUBJECT_NUMBER: _("Header Subject."),
    ThreadReason.CONVERSATION: _(
        "Header Thread-Index, with the same beginning and subject as a mail of the ticket; its sender is on the ticket."
        " Nothing of it is signed, so it counts last."
    ),
    ThreadReason.REPORT: _("The report names the mail that failed."),
}


def matched_header(message: Message) -> str:
    """The header that led the mail here; "" where none did."""
    return str(_PLACES.get(message.thread_reason, ""))


def claimed_apart(message: Message) -> datetime | None:
    """When the mail says it was written, where that is far from when it came; messages stand by when they came."""
    if message.claimed_at is None or abs(message.claimed_at - message.created_at) <= CLOCKS_APART:
        return None
    return message.claimed_at
