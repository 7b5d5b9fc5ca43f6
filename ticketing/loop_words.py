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
from ticketing.queries.breakers import mailbox_name
from ticketing.services.loops import RESUMED, TRIPPED

Data = Mapping[str, Any]

_WHAT = {
    FloodScope.SENDER: _("Too much mail came from %(sender)s"),
    FloodScope.PAIR: _("Too much mail came from %(sender)s to this mailbox"),
    FloodScope.EQUAL: _("The same text came again and again from %(sender)s"),
    FloodScope.MAILBOX: _("Too many tickets were opened through this mailbox"),
    FloodScope.INSTALLATION: _("Too much mail came from %(sender)s to all organizations here together"),
    FloodScope.STRANGERS: _("Too much mail of unknown senders came to all organizations here together"),
}


def register() -> None:
    """The configuration log and the mails to admins have words for what loop protection does."""
    register_words(
        "breaker",
        name=_("Loop protection"),
        actions={TRIPPED: _("stopped mail of"), RESUMED: _("lets in again mail of")},
        fields={"scope": _("what was too much"), "count": _("mails"), "minutes": _("within minutes")},
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
            "hold_hours": _("hours that mail is stopped"),
        },
    )
    register_notice(TRIPPED, _tripped)


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
    if breaker.scope == FloodScope.MAILBOX:
        return gettext("Too many tickets were opened through %(mailbox)s") % {"mailbox": mailbox}
    sender = breaker.key.partition(" ")[0]
    if breaker.scope == FloodScope.PAIR:
        names = {"sender": sender, "mailbox": mailbox}
        return gettext("Too much mail came from %(sender)s to %(mailbox)s") % names
    return str(_WHAT[FloodScope(breaker.scope)]) % {"sender": sender}


def _tripped(entry: AuditEntry) -> tuple[str, list[str], str]:
    breaker = Breaker.objects.filter(id=int(entry.target_id)).first()
    title = breaker_title(breaker, mailbox=mailbox_name(breaker)) if breaker else entry.target_label
    numbers = {"n": entry.changes["count"][1], "minutes": entry.changes["minutes"][1]}
    why = gettext("It was %(n)s within %(minutes)s minutes, which looks like a loop, so no more of it is taken.")
    sentences = [
        f"{title}.",
        why % numbers,
        gettext("Nothing is lost: what is stopped is kept in the inbound log. Look at it, and let it in again here:"),
    ]
    return gettext("Mail was stopped: it looks like a loop"), sentences, "loops"
