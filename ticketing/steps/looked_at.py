"""What a step saw in a mail that it let pass, in a sentence. Those that go by lists and limits are in `gone_by`."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.ledger_words import joined
from mailboxes.models import RemoteMessage
from ticketing.models import AutomaticClass, Copies, NewMail, OnTicket
from ticketing.spam_words import SWITCHES, heard_words
from ticketing.steps.gone_by import GONE_BY
from ticketing.steps.view import Data, seen

Say = Callable[[RemoteMessage, Data], str]

_PLAIN: dict[str, Promise] = {
    "join_as_ordered": gettext_lazy("Nobody has said of this very mail into which ticket it goes."),
    "complete_message": gettext_lazy("No message here waits for the rest of a mail like this."),
    "ignore_check_mail": gettext_lazy("It carries no mark of a connection test, a test send or an end-to-end test."),
    "take_sent": gettext_lazy("It did not come by way of a folder of sent mail."),
    "tie_bounce": gettext_lazy("It reports on no mail of ours that failed or is late."),
}
_WITHIN: dict[str, Promise] = {
    "ignore_report": gettext_lazy("It is no read receipt and no complaint report."),
    "ignore_automatic_answer": gettext_lazy("It is no automatic reply and no out-of-office note."),
    "ignore_generated": gettext_lazy("No header says that a server wrote it or that a list sent it."),
    "note_automatic": gettext_lazy("It answers no ticket, or a person wrote it: as a note it would not do."),
}


def saw(step: str, entry: RemoteMessage) -> str:
    """The sentence of a step that did not decide; "" for one of a later version."""
    say, told = _SAYS.get(step), seen(entry)
    if say is None:
        return str(_PLAIN.get(step, ""))
    if told is None and step in GONE_BY:  # a row of an earlier version does not know what was set then
        return ""
    return say(entry, (told or {}).get(step, {}))


def _own(entry: RemoteMessage, data: Data) -> str:
    names = {"sender": entry.sender or _("nobody")}
    if data.get("has_own_id"):
        words = _("We gave out its Message-ID, but From is %(sender)s, no mailbox of yours: somebody passed it on.")
        return words % names
    if data.get("has_own_address"):
        return _("From is %(sender)s, a mailbox of yours, but we gave out no such Message-ID.") % names
    if not entry.message_id:
        return _("From is %(sender)s, and it has no Message-ID.") % names
    return _("From is %(sender)s, and we gave out no such Message-ID.") % names


def _twin(entry: RemoteMessage, data: Data) -> str:
    if data.get("has_known_id"):
        words = _("A mail with this Message-ID came before, with other content, too long ago, or to another team.")
    elif not entry.message_id:
        words = _("It has no Message-ID; nothing with the same content came to this mailbox before.")
    else:
        words = _("Nothing with this Message-ID and content came to this mailbox before.")
    days, copies = data.get("days"), data.get("copies")
    remembered = ngettext(
        "Setting of incoming mail: a mail is remembered for %(n)d day.",
        "Setting of incoming mail: a mail is remembered for %(n)d days.",
        days or 0,
    )
    return joined(
        words,
        remembered % {"n": days} if days else "",
        _("Copies by way of another mailbox: %(choice)s.") % {"choice": Copies(copies).label} if copies else "",
    )


def _automatic(step: str) -> Say:
    def say(_entry: RemoteMessage, data: Data) -> str:
        if "kind" not in data:
            return str(_WITHIN[step])
        choice = NewMail(data["does"]) if data["does"] in NewMail.values else OnTicket(data["does"])
        words = (
            _("It is of the class “%(kind)s”, known by %(sign)s. Default: %(choice)s.")
            if data["is_default"]
            else _("It is of the class “%(kind)s”, known by %(sign)s. Setting of automatic mail: %(choice)s.")
        )
        return words % {
            "kind": AutomaticClass(data["kind"]).label,
            "sign": data["signal"],
            "choice": choice.label,
        }

    return say


def _answer(_entry: RemoteMessage, data: Data) -> str:
    if data.get("is_closed"):
        return _("It belongs to a ticket that is closed: a new one follows.")
    return _("No token of ours, no number of a ticket and no Message-ID that is known.")


def _spam(_entry: RemoteMessage, data: Data) -> str:
    passed = "; ".join(
        _("%(line)s (setting of the mailbox: %(switch)s)")
        % {"line": each["line"], "switch": SWITCHES.get(each["signal"], each["signal"])}
        for each in data.get("passed", ())
    )
    return joined(
        _("Of its headers this says spam and does not count here: %(lines)s.") % {"lines": passed}
        if passed
        else _("No header that counts says spam."),
        _("By its words it is %(percent)s percent like what you marked as spam.") % {"percent": data["percent"]}
        if "percent" in data
        else _("Of its words too little was learned to say anything, or it answers a ticket."),
        heard_words(data["daemon"]) if "daemon" in data else "",
    )


_SAYS: dict[str, Say] = {
    "ignore_own_mail": _own,
    "ignore_twin": _twin,
    "add_answer": _answer,
    "recognise_spam": _spam,
    **{step: _automatic(step) for step in _WITHIN},
    **GONE_BY,
}
SAID = frozenset({*_PLAIN, *_SAYS})
