"""What the ledger says of a message by itself: why it was left alone or not fetched, and what the server refused since.

The ledger keeps codes and values; these are the sentences, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.health_words import cause_words
from mailboxes.models import LedgerReason, RemoteMessage

Data = Mapping[str, Any]

_PLAIN: dict[str, Promise] = {
    LedgerReason.EXISTING_MAIL: gettext_lazy(
        "It was there before the mailbox was connected, and the mailbox ignores existing mail."
    ),
    LedgerReason.RENUMBERED: gettext_lazy(
        "The server numbered the folder anew before this was downloaded; it is listed under its new number."
    ),
    LedgerReason.REPOINTED: gettext_lazy(
        "The mailbox was pointed at another account or folder before this was downloaded."
    ),
    LedgerReason.SEEN_AGAIN: gettext_lazy("The same message under a new number; it was imported already."),
    LedgerReason.GONE: gettext_lazy("It was gone from the server before it could be fetched."),
    LedgerReason.FETCH_DIED: gettext_lazy("Fetching it never came to an end; the worker died each time."),
}


def ledger_words(code: str, data: Data) -> str:
    """The sentence of a reason code of this layer; "" for one it does not know."""
    say = _SENTENCES.get(code)
    return say(data) if say else str(_PLAIN.get(code, ""))


def acknowledging_words(row: RemoteMessage) -> str:
    """Why the after-import action was not done, or not wholly, with the server's own words; "" when nothing was odd."""
    if not row.ack_reason:
        return row.ack_error
    return joined(str(cause_words(row.ack_reason)), f"“{row.ack_error}”" if row.ack_error else "")


def joined(*sentences: str) -> str:
    """The sentences that say something, one after another."""
    return " ".join(filter(None, sentences))


def _before_start(data: Data) -> str:
    moment = timezone.localtime(datetime.fromisoformat(data["start_at"]))
    shown = formats.date_format(moment, "SHORT_DATETIME_FORMAT")
    return _("Received before the mailbox's start date, %(date)s.") % {"date": f"{shown} {moment:%Z}"}


def _same_bytes(data: Data) -> str:
    return _("Byte for byte the mail that is number %(number)s in the same folder.") % {"number": data["number"]}


def _not_mail(data: Data) -> str:
    if data.get("kind") == "meeting":
        return _("A meeting item of the calendar, not a mail; it is left to the mailbox's own calendar.")
    if data.get("kind") == "entry":
        return _("An entry such as a contact or a task, not a mail; it is left where it is.")
    return _("A chat message that the mail server keeps beside the mail, not a mail.")


def _header_unreadable(data: Data) -> str:
    limit = filesizeformat(data["limit_bytes"])
    return _("Larger than the mailbox takes (%(limit)s), and its header cannot be read.") % {"limit": limit}


def _fetch_failed(data: Data) -> str:
    """What the server did; after the last try also how often, and that nobody tries again by himself."""
    said, cause, tries = data.get("said"), data.get("cause"), data.get("tries")
    return joined(
        _("The server did not give it: “%(words)s”.") % {"words": said} if said else _("The server did not give it."),
        str(cause_words(cause)) if cause and not said else "",
        _tried(tries) if tries else "",
    )


def _tried(tries: int) -> str:
    return ngettext("Tried %(n)s time; in quarantine.", "Tried %(n)s times; in quarantine.", tries) % {"n": tries}


_SENTENCES: dict[str, Callable[[Data], str]] = {
    LedgerReason.BEFORE_START: _before_start,
    LedgerReason.SAME_BYTES: _same_bytes,
    LedgerReason.HEADER_UNREADABLE: _header_unreadable,
    LedgerReason.NOT_MAIL: _not_mail,
    LedgerReason.FETCH_FAILED: _fetch_failed,
}
