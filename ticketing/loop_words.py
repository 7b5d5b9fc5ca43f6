"""What loop protection did, as sentences in the reader's language: in the log, on its page, and in mails to admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.audit_words import register_words
from helpdesk.accounts.models import AuditEntry
from mailboxes.notices import register_notice
from ticketing.models import Breaker, FloodScope
from ticketing.queries.breakers import mailbox_name, touched_numbers
from ticketing.services.loops import ANSWERING, RESUMED, TRIPPED, WITHHELD

Data = Mapping[str, Any]

_WHAT = {
    FloodScope.SENDER: _("Too much mail came from %(sender)s"),
    FloodScope.PAIR: _("Too much mail came from %(sender)s to this mailbox"),
    FloodScope.EQUAL: _("The same text came again and again from %(sender)s"),
    FloodScope.MAILBOX: _("Too many tickets were opened through this mailbox"),
    FloodScope.INSTALLATION: _("Too much mail came from %(sender)s to all organizations here together"),
    FloodScope.STRANGERS: _("Too much mail of unknown senders came to all organizations here together"),
    FloodScope.ANSWERS: _("Too many automatic answers went to %(sender)s"),
    FloodScope.ANSWERS_HERE: _("Too many automatic answers of all organizations here together went to %(sender)s"),
}
_OF_ONE_MAILBOX = {
    FloodScope.MAILBOX: _("Too many tickets were opened through %(mailbox)s"),
    FloodScope.PAIR: _("Too much mail came from %(sender)s to %(mailbox)s"),
    FloodScope.ANSWERS_PAIR: _("Too many automatic answers went from %(mailbox)s to %(sender)s"),
    FloodScope.ANSWERS_MAILBOX: _("Too many automatic answers went out from %(mailbox)s"),
}


def register() -> None:
    """The configuration log and the mails to admins have words for what loop protection does."""
    register_words(
        "breaker",
        name=_("Loop protection"),
        actions={
            TRIPPED: _("stopped mail of"),
            RESUMED: _("lets in again mail of"),
            WITHHELD: _("stopped automatic answers to or of"),
            ANSWERING: _("lets go out again automatic answers to or of"),
        },
        fields={"too_much": _("what was too much"), "count": _("how many"), "minutes": _("within minutes")},
    )
    register_words(
        "loop_limits",
        name=_("Loop protection"),
        actions={"loop_limits.changed": _("changed the limits of")},
        fields={
            "window_minutes": _("minutes that are counted"),
            "per_sender": _("mails of one sender"),
            "per_pair": _("mails of one sender to one mailbox"),
            "equal": _("mails with the same text"),
            "per_mailbox": _("new tickets of one mailbox"),
            "answers_per_mailbox": _("automatic answers of one mailbox"),
            "answers_per_pair": _("automatic answers of one mailbox to one address"),
            "hold_hours": _("hours that mail is stopped"),
        },
    )
    register_notice(TRIPPED, _tripped)
    register_notice(WITHHELD, _withheld)


def stopped_words(data: Data) -> str:
    """Why a mail was stopped."""
    what = str(_WHAT[FloodScope(data["scope"])]) % {"sender": data["sender"]}
    if data.get("is_known"):
        words = gettext("%(what)s before, and nobody has let it in again. The mail is kept: let it in from here.")
        return words % {"what": what}
    words = ngettext(
        "%(what)s: %(n)d within %(minutes)s minutes. It looks like a loop. The mail is kept: let it in from here.",
        "%(what)s: %(n)d within %(minutes)s minutes. It looks like a loop. The mail is kept: let it in from here.",
        int(data["count"]),
    )
    return words % {"what": what, "n": data["count"], "minutes": data["minutes"]}


def breaker_title(breaker: Breaker, *, mailbox: str) -> str:
    """What was too much. mailbox: the name of the one it is about, if it is about one."""
    scope = FloodScope(breaker.scope)
    names = {"sender": breaker.key.partition(" ")[0], "mailbox": mailbox}
    return str(_OF_ONE_MAILBOX.get(scope) or _WHAT[scope]) % names


def _tripped(entry: AuditEntry) -> tuple[str, list[str], str]:
    why = gettext("It was %(n)s within %(minutes)s minutes, which looks like a loop, so no more of it is taken.")
    kept = gettext("Nothing is lost: what is stopped is kept in the inbound log. Look at it, and let it in again here:")
    return gettext("Mail was stopped: it looks like a loop"), _told(entry, why, kept), "loops"


def _withheld(entry: AuditEntry) -> tuple[str, list[str], str]:
    why = gettext(
        "There were %(n)s within %(minutes)s minutes, which looks like two programs that answer each other, so no more "
        "go out."
    )
    kept = gettext("What comes in is taken as ever. Look at it, and let automatic answers go out again here:")
    return gettext("Automatic answers were stopped: it looks like a loop"), _told(entry, why, kept), "loops"


def _told(entry: AuditEntry, why: str, kept: str) -> list[str]:
    """What was too much, how much, which tickets it touched, and what is to be done."""
    breaker = Breaker.objects.filter(id=int(entry.target_id)).first()
    title = breaker_title(breaker, mailbox=mailbox_name(breaker)) if breaker else entry.target_label
    numbers = ", ".join(f"#{number}" for number in (touched_numbers(breaker) if breaker else ()))
    counted = {"n": entry.changes["count"][1], "minutes": entry.changes["minutes"][1]}
    touched = gettext("Tickets that it touched: %(numbers)s.") % {"numbers": numbers} if numbers else ""
    return [f"{title}.", why % counted, touched, kept]
