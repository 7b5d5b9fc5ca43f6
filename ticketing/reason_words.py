"""Why a message became what it did, as sentences in the reader's language.

The ledger keeps the code of the reason (`inbound/decisions.py`, or the mailboxes' own) and the values it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.ledger_words import joined, ledger_words
from mailboxes.models import Outcome, RemoteMessage
from ticketing import order_words
from ticketing.automatic_words import (
    auto_reply,
    feedback_report,
    generated,
    kind_words,
    list_mail,
    quiet_note,
    read_receipt,
    vacation,
)
from ticketing.bounce_words import bounce_of_ours, bounce_of_sending, delay_of_ours, delay_of_sending, reached_again
from ticketing.command_words import built_in_words, refusal_words
from ticketing.inbound.decisions import Reason
from ticketing.inbound.unproven import SAID
from ticketing.loop_words import stopped_words
from ticketing.models import EntryKind, ThreadReason
from ticketing.sent_words import sent_elsewhere, sent_from_here
from ticketing.spam_words import why_words
from ticketing.writer_words import may_not_open, may_not_update, unproven_words

Data = Mapping[str, Any]

_PLAIN: dict[str, Promise] = {
    Reason.FOREIGN_BOUNCE: gettext_lazy(
        "A delivery report about a mail that, as far as it shows, we did not send. Nothing was changed."
    ),
    Reason.ANSWERS_ONLY: gettext_lazy(
        "It belongs to no ticket, and the mailbox opens none. Setting of the mailbox: take answers only."
    ),
    Reason.SWITCHED_OFF: gettext_lazy(
        "It belongs to no ticket, and email to ticket was off for the whole organization, so that it opened none."
    ),
    Reason.FILE_MISSING: gettext_lazy(
        "The stored file of this mail is missing. Restore the storage folder, then retry it from the inbound log."
    ),
}
_ENTRIES: dict[str, Promise] = {
    EntryKind.ADDRESS: gettext_lazy("the address %(value)s"),
    EntryKind.DOMAIN: gettext_lazy("the domain %(value)s"),
    EntryKind.SUBDOMAINS: gettext_lazy("the domain %(value)s and all below it"),
    EntryKind.WORDS: gettext_lazy("“%(value)s”"),
    EntryKind.HEADER: gettext_lazy("the header %(header)s: %(value)s"),
}
_HEADER_THERE = gettext_lazy("the header %(header)s")
_PLACES: dict[str, Promise] = {
    "subject": gettext_lazy("%(entry)s (in the subject)"),
    "body": gettext_lazy("%(entry)s (in the body)"),
}


def reason_words(row: RemoteMessage) -> str:
    """Why the message has its verdict, or why it has none yet; "" when there is nothing to say."""
    return words_of(row.reason_code, row.reason_data)


def words_of(code: str, data: Data) -> str:
    """The sentence of this reason and the values it names; "" when there is nothing to say."""
    try:
        say = _SENTENCES.get(code)
        words = say(data) if say else str(_PLAIN.get(code, "")) or ledger_words(code, data)
        words = joined(words, unproven_words(data[SAID])) if SAID in data else words
        words = joined(words, reached_again(data)) if "reached_again" in data else words
        return joined(words, order_words.released(data)) if "released" in data else words
    except KeyError:  # a row of an earlier version lacks a value; its outcome still says what became of it
        return ""


def _new_mail(data: Data) -> str:
    if "kind" not in data:
        return joined(_("New mail: nothing in it leads to a ticket."), _besides(data))
    if data.get("is_default", True):
        words = _("New mail, %(kind)s (%(sign)s). Default: a ticket without automatic answer.")
    else:
        words = _("New mail, %(kind)s (%(sign)s). Setting of automatic mail: a ticket without automatic answer.")
    return joined(words % {"kind": kind_words(data["kind"]), "sign": data["signal"]}, _besides(data))


def _spam(data: Data) -> str:
    about = ""
    if "follows" in data:
        about = _("It answers ticket #%(ticket)s, which is closed: this one follows it.") % {"ticket": data["follows"]}
    large = _too_large(data) if "size_bytes" in data else _besides(data)
    return joined(_("Taken for spam: %(why)s.") % {"why": why_words(data)}, about, large)


def _follows_closed(data: Data) -> str:
    words = _("Answers ticket #%(ticket)s, which is closed: a new ticket follows it.")
    return joined(words % {"ticket": data["ticket"]}, _besides(data))


def _history(data: Data) -> str:
    if data.get("is_open"):
        words = _("Was there before the mailbox was connected. Setting: import it as open tickets.")
    else:
        words = _("Was there before the mailbox was connected. Setting: import it as closed tickets.")
    return joined(words, _besides(data))


def _too_large(data: Data) -> str:
    sizes = {"size": filesizeformat(data["size_bytes"]), "limit": filesizeformat(data["limit_bytes"])}
    words = _("%(size)s, over the mailbox's limit of %(limit)s: from its headers alone.")
    return joined(words % sizes, _besides(data))


def _completed(data: Data) -> str:
    if data.get("came_again"):
        words = _("%(size)s, the whole of a mail whose headers alone were taken when it first came.")
    else:
        words = _(
            "%(size)s, too large for the mailbox when it came: first its headers, then all of it as a member asked."
        )
    words = joined(words, _("It completes its message in ticket #%(ticket)s."))
    said = words % {"size": filesizeformat(data["size_bytes"]), "ticket": data["ticket"]}
    if "outbox" in data:
        return joined(said, (delay_of_sending if data["is_delay"] else bounce_of_sending)(data))
    if "failed" not in data:
        return joined(said, mapped_words(data))
    return joined(said, (delay_of_ours if data["is_delay"] else bounce_of_ours)({**data, "ticket": data["failed"]}))


def _besides(data: Data) -> str:
    """What else is to be said of a ticket that was opened."""
    return joined(
        _("The mail could not be read; the original is attached.") if data.get("is_unreadable") else "",
        _("It has no team: %(name)s, the mailbox's, was deleted.") % {"name": data["lost_team"]}
        if data.get("lost_team")
        else "",
        _("Nobody has it: %(name)s, whom the mailbox names, cannot work on tickets any more.")
        % {"name": data["unfit_assignee"]}
        if data.get("unfit_assignee")
        else "",
        _("It has no category: %(name)s, the mailbox's, is retired.") % {"name": data["retired_category"]}
        if data.get("retired_category")
        else "",
        _("It has no company: %(name)s, the mailbox's, is retired.") % {"name": data["retired_company"]}
        if data.get("retired_company")
        else "",
        _("Its company is its contact's: %(name)s.") % {"name": data["company_of_contact"]}
        if data.get("company_of_contact")
        else "",
        _("It has no company: %(name)s, its contact's, is retired.") % {"name": data["retired_company_of_contact"]}
        if data.get("retired_company_of_contact")
        else "",
        mapped_words(data),
    )


def mapped_words(data: Data) -> str:
    """Which fields took something from the mail, and which could not."""
    given = ", ".join([*data.get("mapped", ()), *map(built_in_words, data.get("commanded", ()))])
    unread = "; ".join(f"{each['field']}: “{each['text']}”" for each in data.get("unread", ()))
    refused = "; ".join(refusal_words(**each) for each in data.get("not_followed", ()))
    return joined(
        _("Mapping of the mailbox: the mail gave %(fields)s.") % {"fields": given} if given else "",
        _("Mapping of the mailbox: no value for its field was %(texts)s.") % {"texts": unread} if unread else "",
        _("Commands that were not followed: %(lines)s.") % {"lines": refused} if refused else "",
    )


def _answer(data: Data) -> str:
    found = str(ThreadReason(data["sign"]).label)
    detail = data.get("detail")
    return joined(
        _("Added to ticket #%(ticket)s.") % {"ticket": data["ticket"]},
        f"{found} ({detail})." if detail else f"{found}.",
        _("Its sender is new to the ticket.") if data.get("is_newcomer") else "",
        mapped_words(data),
    )


def _own_mail(data: Data) -> str:
    words = _("Our own mail came back: From is %(sender)s, a mailbox of yours, and we sent this Message-ID.")
    return words % {"sender": data["sender"]}


def _check_mail(data: Data) -> str:
    words = _("A test mail of this mailbox, from %(sender)s: it came back.") % {"sender": data["sender"]}
    would = data.get("would")
    if not would:
        return words
    real = _("As real mail it would be: %(outcome)s. %(why)s")
    outcome, why = Outcome(would["outcome"]).label, words_of(would["reason"], would["data"])
    return joined(words, real % {"outcome": outcome, "why": why})


def _duplicate(data: Data) -> str:
    if data.get("has_same_id"):
        words = _("This mailbox had a mail with the same Message-ID and content before; it is in ticket #%(ticket)s.")
    else:
        words = _("This mailbox had a mail with the same content before; it is in ticket #%(ticket)s.")
    return words % {"ticket": data["ticket"]}


def _copy(data: Data) -> str:
    words = _("The same mail came through the mailbox “%(mailbox)s” before; it is in ticket #%(ticket)s.")
    return words % {"mailbox": data["mailbox"], "ticket": data["ticket"]}


def _quarantined(data: Data) -> str:
    words = ngettext(
        "Quarantined: it failed %(n)s time, with %(error)s. Retry it from the inbound log.",
        "Quarantined: it failed %(n)s times, the last time with %(error)s. Retry it from the inbound log.",
        data["tries"],
    )
    return words % {"n": data["tries"], "error": data["error"]}


def _deadly(data: Data) -> str:
    words = ngettext(
        "Quarantined: its worker died %(n)s time at this mail. Retry it from the inbound log.",
        "Quarantined: its worker died %(n)s times at this mail. Retry it from the inbound log.",
        data["deaths"],
    )
    return words % {"n": data["deaths"]}


def _filtered(data: Data) -> str:
    if data["of_all"]:
        words = _("The filter of all mailboxes ignores %(entry)s.")
    else:
        words = _("The filter of the mailbox ignores %(entry)s.")
    return joined(words % {"entry": entry_words(data)}, _would_be(data))


def entry_words(data: Data) -> str:
    """The entry of a filter, and where in the mail it matched: kind, value, header and place of `data`."""
    known = _HEADER_THERE if data["kind"] == EntryKind.HEADER and not data["value"] else _ENTRIES.get(data["kind"])
    entry = str(known or "%(value)s") % {"value": data["value"], "header": data["header"]}
    place = _PLACES.get(data["place"])
    return str(place) % {"entry": entry} if place else entry


def _would_be(data: Data) -> str:
    if "ticket" not in data:
        return ""
    return _("It belongs to ticket #%(ticket)s, whose history tells of it.") % {"ticket": data["ticket"]}


def _not_allowed(data: Data) -> str:
    if data["of_all"]:
        return _("New mail that the filter of all mailboxes does not allow: none of its entries matches.")
    return _("New mail that the filter of the mailbox does not allow: none of its entries matches.")


_SENTENCES: dict[str, Callable[[Data], str]] = {
    Reason.NEW_MAIL: _new_mail,
    Reason.FOLLOWS_CLOSED: _follows_closed,
    Reason.HISTORY: _history,
    Reason.TOO_LARGE: _too_large,
    Reason.COMPLETED: _completed,
    Reason.ANSWER: _answer,
    Reason.OWN_MAIL: _own_mail,
    Reason.CHECK_MAIL: _check_mail,
    Reason.SENT_ELSEWHERE: sent_elsewhere,
    Reason.SENT_FROM_HERE: sent_from_here,
    Reason.DUPLICATE: _duplicate,
    Reason.COPY: _copy,
    Reason.LOOP_STOPPED: stopped_words,
    Reason.BOUNCE_OF_OURS: bounce_of_ours,
    Reason.DELAY_OF_OURS: delay_of_ours,
    Reason.BOUNCE_OF_SENDING: bounce_of_sending,
    Reason.DELAY_OF_SENDING: delay_of_sending,
    Reason.AUTO_REPLY: auto_reply,
    Reason.VACATION: vacation,
    Reason.READ_RECEIPT: read_receipt,
    Reason.GENERATED: generated,
    Reason.LIST: list_mail,
    Reason.QUIET_NOTE: quiet_note,
    Reason.SPAM_HEADER: _spam,
    Reason.SPAM_WORDS: _spam,
    Reason.SPAM_DAEMON: _spam,
    Reason.FILTERED: _filtered,
    Reason.NOT_ALLOWED: _not_allowed,
    Reason.MAY_NOT_OPEN: may_not_open,
    Reason.MAY_NOT_UPDATE: may_not_update,
    Reason.FEEDBACK_REPORT: feedback_report,
    Reason.QUARANTINED: _quarantined,
    Reason.DEADLY: _deadly,
    Reason.JOINED: order_words.put_in,
    Reason.SPLIT_OFF: order_words.split_off,
    Reason.DISCARDED: order_words.discarded,
}
