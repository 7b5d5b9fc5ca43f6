"""What steps saw that go by lists, limits and rights: how much was set, and what of it the mail met."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.ledger_words import joined
from mailboxes.models import RemoteMessage
from ticketing.models import Updaters
from ticketing.reason_words import entry_words
from ticketing.steps.view import Data

_OWNERS: dict[str, Promise] = {
    "all": gettext_lazy("The filter of all mailboxes"),
    "own": gettext_lazy("The filter of the mailbox"),
}
_OPENERS: dict[str, Promise] = {
    "ours": gettext_lazy("Only some may open tickets; its sender is a member or a mailbox of yours."),
    "contact": gettext_lazy("Only some may open tickets; its sender is a known contact."),
    "domain": gettext_lazy("Only some may open tickets; its sender's domain is on the list."),
    "group": gettext_lazy("Only some may open tickets; a contact group gives its sender the right."),
    "guest": gettext_lazy(
        "Only some may open tickets; the guest contact has the right, and its sender is unknown or not proven."
    ),
}
_UPDATERS: dict[str, Promise] = {
    "ours": gettext_lazy("its sender is a member or a mailbox of yours"),
    "group": gettext_lazy("a contact group gives its sender the right"),
    "people": gettext_lazy("its sender is on the ticket"),
    "requester": gettext_lazy("its sender is the requester"),
    "guest": gettext_lazy("the guest contact has the right, and its sender is unknown or not proven"),
}


def _ignoring(entry: RemoteMessage, data: Data) -> str:
    if not data:
        return _("No filter says what to ignore.")
    told = [
        ngettext(
            "%(filter)s has %(n)d entry for what to ignore.", "%(filter)s has %(n)d entries for what to ignore.", count
        )
        % {"filter": _OWNERS[owner], "n": count}
        for owner, count in data.items()
    ]
    sender = {"sender": entry.sender or _("nobody")}
    return joined(*told, _("None matches %(sender)s, the subject, the text or a header.") % sender)


def _allowing(_entry: RemoteMessage, data: Data) -> str:
    if not data:
        return _("No filter says what alone may open tickets.")
    told = [
        _("%(filter)s allows %(entry)s.") % {"filter": _OWNERS[owner], "entry": entry_words(hit)}
        for owner, hit in data.items()
        if hit
    ]
    return joined(*told) or _("It answers a ticket: what filters allow is asked about new mail alone.")


def _flood(entry: RemoteMessage, data: Data) -> str:
    if entry.is_history:
        return _("It was there before the mailbox was connected; such mail is not counted.")
    if not data:
        return _("Its sender has sent nothing else lately that would count.")
    words = _(
        "Mails of its sender within %(minutes)s minutes before it: %(sender)s (stopped from %(of_sender)s on); to this"
        " mailbox: %(pair)s (%(of_pair)s); with the same text: %(equal)s (%(of_equal)s)."
    )
    (sender, of_sender), (pair, of_pair), (equal, of_equal) = data["sender"], data["pair"], data["equal"]
    return words % {
        "minutes": data["minutes"],
        "sender": sender,
        "of_sender": of_sender or _("never"),
        "pair": pair,
        "of_pair": of_pair or _("never"),
        "equal": equal,
        "of_equal": of_equal or _("never"),
    }


def _updater(entry: RemoteMessage, data: Data) -> str:
    if "who" not in data:
        return _("It answers no ticket, so that nobody's right to add to one was asked for.")
    who = Updaters(data["who"])
    why = str(_UPDATERS.get(data.get("by", ""), ""))
    if entry.is_history and who is not Updaters.TOKEN:
        why = _("it was there before the mailbox was connected, and such mail comes in whoever wrote it")
    words = _("Who may add to the ticket: %(who)s; %(why)s.") if why else _("Who may add to the ticket: %(who)s.")
    return joined(words % {"who": who.label, "why": why}, _whose(data))


def _new_mail(_entry: RemoteMessage, data: Data) -> str:
    if data.get("is_answer"):
        return _("Setting of the mailbox: take answers only. It is on, and this answers a ticket that is closed.")
    return _("Setting of the mailbox: take answers only. It is off.")


def _while_off(_entry: RemoteMessage, data: Data) -> str:
    if data.get("is_answer"):
        return _("Email to ticket is off, and this answers a ticket that is closed.")
    return _("Email to ticket is on for the organization.")


def _opener(entry: RemoteMessage, data: Data) -> str:
    if data.get("is_answer"):
        return _("It answers a ticket: who may open one is asked about new mail alone.")
    if entry.is_history:
        return _("It was there before the mailbox was connected; such mail comes in whoever wrote it.")
    words = str(_OPENERS.get(data.get("by", ""), "")) or _("Anybody may open tickets.")
    return joined(words, _whose(data))


def _whose(data: Data) -> str:
    if data.get("of_all", True):
        return _("Setting of all mailboxes: who may write.")
    return _("Setting of the mailbox: who may write.")


GONE_BY: dict[str, Callable[[RemoteMessage, Data], str]] = {
    "ignore_filtered": _ignoring,
    "ignore_unlisted": _allowing,
    "stop_loop": _flood,
    "check_updater": _updater,
    "ignore_while_off": _while_off,
    "ignore_new_mail": _new_mail,
    "check_opener": _opener,
}
