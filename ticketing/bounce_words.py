"""What reports say of mails of ours that were not delivered, as sentences of `reason_words`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from mailboxes.ledger_words import joined
from mailboxes.models import Cause
from ticketing.inbound.failed import KnownBy

Data = Mapping[str, Any]


def bounce_of_ours(data: Data) -> str:
    """A mail of a ticket could not be delivered."""
    if not data["recipients"]:
        words = _("Our mail in ticket #%(ticket)s could not be delivered to a recipient whom the report does not name.")
    else:
        words = _("Our mail in ticket #%(ticket)s could not be delivered to %(names)s.")
    return joined(words % {"ticket": data["ticket"], "names": _names(data)}, _known_by(data))


def delay_of_ours(data: Data) -> str:
    """A mail of a ticket is delayed."""
    if not data["recipients"]:
        words = _("Our mail in ticket #%(ticket)s is delayed on its way to a recipient whom the report does not name.")
    else:
        words = _("Our mail in ticket #%(ticket)s is delayed on its way to %(names)s.")
    return joined(words % {"ticket": data["ticket"], "names": _names(data)}, _known_by(data))


def bounce_of_sending(data: Data) -> str:
    """A mail that no ticket tells of could not be delivered."""
    words = _("Our mail “%(subject)s” (%(cause)s) could not be delivered to %(names)s. No ticket tells of it.")
    return joined(words % _sending(data), _known_by(data))


def delay_of_sending(data: Data) -> str:
    """A mail that no ticket tells of is delayed."""
    words = _("Our mail “%(subject)s” (%(cause)s) is delayed on its way to %(names)s. No ticket tells of it.")
    return joined(words % _sending(data), _known_by(data))


def _sending(data: Data) -> dict[str, str]:
    cause = Cause(data["cause"]).label if data["cause"] in Cause.values else data["cause"]
    names = _names(data) or _("a recipient whom the report does not name")
    return {"subject": data["subject"], "cause": str(cause), "names": names}


def reached_again(data: Data) -> str:
    """The sender is not marked as unreachable any more."""
    words = _("Mail to %(address)s came back before; now that mail comes from there, it gets automatic answers again.")
    return words % {"address": data["reached_again"]}


def _known_by(data: Data) -> str:
    """By what a mail of ours was known where its Message-ID was changed on the way."""
    if data.get("known_by") == KnownBy.MARK:
        return _("Its Message-ID was changed on the way; it is known by our mark, whose signature is right.")
    if data.get("known_by") == KnownBy.THREAD:
        words = _("Its Message-ID was changed on the way; it is known as our last one to that address in the ticket.")
        return joined(words, _("What it answered carries our signature."))
    return ""


def _names(data: Data) -> str:
    return ", ".join(data["recipients"])
