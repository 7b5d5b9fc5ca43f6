"""What a step of the policy saw when it let a mail pass, for the inbound log."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from mailboxes.models import RemoteMessage


def saw(step: str, entry: RemoteMessage) -> str:
    """The sentence of a step that did not decide; "" for one that has nothing to say."""
    say = _SAW.get(step)
    return say(entry) if say else ""


def _own(entry: RemoteMessage) -> str:
    if not entry.message_id:
        return _("From is %(sender)s, and it has no Message-ID.") % {"sender": _sender(entry)}
    return _("From is %(sender)s, and we gave out no such Message-ID.") % {"sender": _sender(entry)}


def _twin(entry: RemoteMessage) -> str:
    if not entry.message_id:
        return _("It has no Message-ID; nothing with the same content came to this mailbox before.")
    return _("Nothing with this Message-ID and content came to this mailbox before.")


def _bounce(_entry: RemoteMessage) -> str:
    return _("It reports on no mail of ours that failed or is late.")


def _automatic(entry: RemoteMessage) -> str:
    data = entry.reason_data
    if "kind" in data and "signal" in data:
        return _("Known as automatic by %(sign)s, and not ignored.") % {"sign": data["signal"]}
    return _("No header and no subject of it says that a program wrote it.")


def _filtered(entry: RemoteMessage) -> str:
    return _("No entry of the filters matches %(sender)s, the subject, the text or a header.") % {
        "sender": _sender(entry)
    }


def _answer(_entry: RemoteMessage) -> str:
    return _("No token of ours, no number of a ticket and no Message-ID that is known.")


def _spam(_entry: RemoteMessage) -> str:
    return _("No header that counts says spam, and its words say too little.")


def _sender(entry: RemoteMessage) -> str:
    return entry.sender or _("nobody")


_SAW: dict[str, Callable[[RemoteMessage], str]] = {
    "ignore_own_mail": _own,
    "ignore_twin": _twin,
    "tie_bounce": _bounce,
    "ignore_automatic_answer": _automatic,
    "ignore_filtered": _filtered,
    "add_answer": _answer,
    "recognise_spam": _spam,
}
