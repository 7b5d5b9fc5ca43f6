"""What became of automatic mail, and of reports about mails of ours, as sentences of `reason_words`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.ledger_words import joined
from ticketing.models import AutomaticClass

Data = Mapping[str, Any]
_KINDS: dict[str, Promise] = {
    AutomaticClass.GENERATED: gettext_lazy("written by a program"),
    AutomaticClass.LIST: gettext_lazy("from a mailing list"),
    AutomaticClass.VACATION: gettext_lazy("an out-of-office note"),
    AutomaticClass.AUTO_REPLY: gettext_lazy("an automatic reply"),
    AutomaticClass.READ_RECEIPT: gettext_lazy("a read receipt"),
    AutomaticClass.FEEDBACK: gettext_lazy("a complaint report of a mail provider"),
}


def kind_words(kind: str) -> str:
    """What such mail is, as it follows a comma."""
    return str(_KINDS.get(kind, kind))


def read_receipt(data: Data) -> str:
    """A program says that somebody read a mail."""
    return _ignored(joined(_("A read receipt."), _shown_at(data)), data)


def feedback_report(data: Data) -> str:
    """Somebody called a mail of ours spam, as a provider reports."""
    return _ignored(joined(_("A complaint report of a mail provider."), _shown_at(data), _silenced(data)), data)


def _shown_at(data: Data) -> str:
    """Where a report is told of."""
    if "told" not in data or "ticket" not in data:
        return ""
    if data.get("is_known"):
        return _("The message it is about shows it already.")
    return _("The message it is about shows it.")


def _silenced(data: Data) -> str:
    if not data.get("complainants"):
        return ""
    return _("Nothing automatic goes to %(names)s any more.") % {"names": ", ".join(data["complainants"])}


def auto_reply(data: Data) -> str:
    """Another automatic reply."""
    return _ignored(_("An automatic reply."), data)


def vacation(data: Data) -> str:
    """Somebody is away."""
    return _ignored(_("An out-of-office note."), data)


def generated(data: Data) -> str:
    """A program wrote it."""
    return _ignored(_("Written by a program."), data)


def list_mail(data: Data) -> str:
    """It is of a list, or bulk mail."""
    return _ignored(_("Mail of a list, or bulk mail."), data)


def _ignored(what: str, data: Data) -> str:
    if data.get("is_default", True):
        return joined(what, _about(data), _("Default: such mail is ignored."))
    return joined(what, _about(data), _("Setting of automatic mail: such mail is ignored."))


def quiet_note(data: Data) -> str:
    """It was noted on its ticket, and nothing else happened."""
    words = _("A quiet note on ticket #%(ticket)s, %(kind)s (%(sign)s).")
    return joined(
        words % {"ticket": data["ticket"], "kind": kind_words(data["kind"]), "sign": data["signal"]},
        _("It changed neither the status nor that a reply is needed, and nobody was notified."),
        _silenced(data),
        _("Setting of automatic mail."),
    )


def _about(data: Data) -> str:
    """The ticket it was about, and the sign it was known by."""
    return joined(
        _("It is about ticket #%(ticket)s.") % {"ticket": data["ticket"]} if "ticket" in data else "",
        _("Known by %(sign)s.") % {"sign": data["signal"]} if data.get("signal") else "",
    )
