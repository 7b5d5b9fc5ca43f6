"""How an end-to-end test is told: each part of the way, and what the mail would become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.end_to_end_trouble_words import server_name, trouble_of
from mailboxes.models import DeliveryState, TicketPriority
from mailboxes.queries.end_to_end import Leg, Progress, Standing, patience
from mailboxes.verdict_words import verdict_words

_TITLES: dict[Leg, tuple[Promise, str]] = {
    Leg.SEND: (gettext_lazy("Sent"), "send"),
    Leg.ARRIVE: (gettext_lazy("Arrived"), "inbox"),
    Leg.FETCH: (gettext_lazy("Fetched"), "download"),
    Leg.READ: (gettext_lazy("Read"), "mail"),
    Leg.DECIDE: (gettext_lazy("What real mail would become"), "route"),
}
_WORDS: dict[str, Promise] = {
    "ok": gettext_lazy("passed"),
    "warn": gettext_lazy("passed, with a remark"),
    "fail": gettext_lazy("failed"),
    "run": gettext_lazy("running"),
    "wait": gettext_lazy("waiting"),
}


@dataclass(frozen=True)
class LegView:
    """One part of the way."""

    title: str | Promise
    icon: str
    state: str  # as `.diag` has it
    word: str | Promise
    text: str = ""
    took: str = ""
    causes: tuple[tuple[str, str], ...] = ()  # what to check, most likely first, and the page where that is
    server_words: str = ""


@dataclass(frozen=True)
class ResultLine:
    """One thing about the ticket that would stand there."""

    label: str | Promise
    value: str
    sent: str = ""  # what was sent, where that is something else


def headline_of(progress: Progress) -> tuple[str, str, str]:
    """What the test came to, in a sentence, with the tone and the icon of its pill."""
    match progress.standing:
        case Standing.RUNNING:
            return _("The test is on its way"), "info", "clock"
        case Standing.LATE:
            return _("It takes longer than it should"), "warn", "alert"
        case Standing.FAILED:
            return _("The test did not come to its end"), "bad", "x"
    verdict = progress.test.verdict
    if not progress.test.came_to_itself:
        return _("The mail came to another mailbox"), "warn", "alert"
    if not verdict.get("opens"):
        return _("Mail arrives; from this sender it opens no ticket"), "warn", "alert"
    if verdict.get("outcome") == "spam":
        return _("Mail arrives; from this sender it is taken for spam"), "warn", "alert"
    if _changed(progress):
        return _("Mail arrives and opens tickets, but was changed on its way"), "warn", "alert"
    return _("Mail arrives and opens tickets"), "ok", "check"


def legs_of(progress: Progress) -> list[LegView]:
    """The parts of the way, in their order."""
    at = progress.stands_at
    reached = list(Leg).index(at) if at else len(Leg)
    return [
        _passed(leg, progress) if number < reached else _standing(leg, progress) if leg is at else _waiting(leg)
        for number, leg in enumerate(Leg)
    ]


def result_of(progress: Progress) -> list[ResultLine]:
    """The ticket that would stand there; nothing before the mail was judged."""
    verdict, test = progress.test.verdict, progress.test
    if not verdict:
        return []
    changed = _changed(progress)
    lines = [
        ResultLine(_("Subject"), verdict["subject"], test.subject if "subject" in changed else ""),
        ResultLine(_("Description"), _without_mark(verdict["text"]), test.text if "text" in changed else ""),
        ResultLine(_("Requester"), _requester(verdict), test.address if "requester" in changed else ""),
    ]
    if verdict.get("opens"):
        lines += [
            ResultLine(_("Team"), verdict["team"] or _("None")),
            ResultLine(_("Agent"), verdict["agent"] or _("Nobody")),
            ResultLine(_("Category"), verdict["category"] or _("None")),
            *([ResultLine(_("Company"), verdict["company"])] if verdict.get("company") else []),
            ResultLine(_("Priority"), str(TicketPriority(verdict["priority"]).label)),
        ]
    return lines


def _passed(leg: Leg, progress: Progress) -> LegView:
    state, text = "ok", ""
    match leg:
        case Leg.SEND:
            state, text = _sent(progress)
        case Leg.ARRIVE:
            state, text = _arrived(progress)
        case Leg.FETCH:
            text = _("Our copy is stored, by the same way as all mail.")
        case Leg.READ:
            state, text = _read(progress)
        case Leg.DECIDE:
            verdict = progress.test.verdict
            opens = verdict.get("opens") and verdict.get("outcome") != "spam"
            state, text = "ok" if opens else "warn", verdict_words(verdict.get("reason", ""), verdict.get("data", {}))
    return _view(leg, state, text=text, took=_took(leg, progress))


def _sent(progress: Progress) -> tuple[str, str]:
    if progress.test.is_by_hand:
        return "ok", _("By a person, not by Postroom.")
    recipient = progress.recipient
    if recipient is not None and recipient.state == DeliveryState.SENT:
        return "ok", _("%(server)s took it.") % {"server": server_name(progress)}
    return "ok", _("It left: it has arrived.")


def _arrived(progress: Progress) -> tuple[str, str]:
    sighting = progress.sighting
    if sighting is None:
        return "ok", _("Seen by the regular check.")
    if sighting.mailbox_id != progress.mailbox.pk:
        words = _("It came to %(mailbox)s instead: something forwards mail to this address there.")
        return "warn", words % {"mailbox": sighting.mailbox.name}
    if sighting.was_brought:
        return "ok", _("It was brought to this mailbox.")
    return "ok", _("A regular check found it in %(folder)s.") % {"folder": sighting.folder}


def _read(progress: Progress) -> tuple[str, str]:
    if progress.test.is_by_hand:
        return "ok", _("Subject, sender and text could be read.")
    names = {"subject": _("subject"), "text": _("text"), "requester": _("sender")}
    changed = [names[each] for each in _changed(progress)]
    if changed:
        return "warn", _("It was changed on its way: %(what)s.") % {"what": ", ".join(changed)}
    return "ok", _("Subject, sender and text arrived as they were sent, letters of other languages too.")


def _standing(leg: Leg, progress: Progress) -> LegView:
    """Where the mail is now."""
    if progress.standing is Standing.RUNNING:
        return _view(leg, "run", text=_expected(leg, progress))
    state = "fail" if progress.standing is Standing.FAILED else "warn"
    trouble = trouble_of(leg, progress)
    return _view(leg, state, text=trouble.text, causes=trouble.causes, server_words=trouble.server_words)


def _expected(leg: Leg, progress: Progress) -> str:
    if leg is Leg.SEND and progress.test.is_by_hand:
        return _("Send the mail as said above; it is followed from the moment it is here.")
    if leg is Leg.SEND:
        return _("In the outbox, to leave through %(server)s.") % {"server": server_name(progress)}
    if leg is Leg.ARRIVE:
        seconds = round(patience(progress.mailbox).total_seconds())
        return _("The regular check should find it within %(n)d seconds.") % {"n": seconds}
    return _("Waiting for its turn.")


def _waiting(leg: Leg) -> LegView:
    return _view(leg, "wait")


def _view(leg: Leg, state: str, **said: Any) -> LegView:
    title, icon = _TITLES[leg]
    return LegView(title, icon, state, _WORDS[state], **said)


def _took(leg: Leg, progress: Progress) -> str:
    seconds = leg_seconds(progress).get(leg)
    return "" if seconds is None else _("%(n).1f s") % {"n": seconds}


def leg_seconds(progress: Progress) -> dict[Leg, float]:
    """How long each part took that has ended; reading and deciding are one."""
    test = progress.test
    begins: list[datetime | None] = [None if test.is_by_hand else test.started_at, progress.sent_at, progress.seen_at]
    begins = [*begins, progress.stored_at]
    ends = [progress.sent_at, progress.seen_at, progress.stored_at, test.judged_at]
    legs = (Leg.SEND, Leg.ARRIVE, Leg.FETCH, Leg.READ)
    return {
        leg: max((end - begin).total_seconds(), 0.0)
        for leg, begin, end in zip(legs, begins, ends, strict=True)
        if begin is not None and end is not None
    }


def _changed(progress: Progress) -> list[str]:
    """What arrived otherwise than it was sent; nothing is known of what a person sent."""
    test, verdict = progress.test, progress.test.verdict
    if test.is_by_hand or not verdict:
        return []
    same = {
        "subject": _evened(test.subject) == _evened(verdict["subject"]),
        "text": _evened(test.text) in _evened(verdict["text"]),
        "requester": test.address == verdict["requester"],
    }
    return [name for name, is_same in same.items() if not is_same]


def _evened(text: str) -> str:
    return " ".join(text.split())


def _without_mark(text: str) -> str:
    lines = [line for line in text.splitlines() if "[postroom-check:" not in line]
    return "\n".join(lines).strip()


def _requester(verdict: dict[str, str]) -> str:
    name, address = verdict["requester_name"], verdict["requester"]
    return f"{name} <{address}>" if name and name != address else address
