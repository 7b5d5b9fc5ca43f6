"""Which lines of a mail's source decided what became of it: headers by name, and words that such a line holds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailboxes.models import RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.models import EntryKind, FloodScope, ThreadReason

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Deciding:
    """What to mark: headers of these names; with needles only lines that hold one of them, in any case."""

    headers: frozenset[str] = frozenset()  # lower-cased
    needles: tuple[str, ...] = ()  # lower-cased
    in_body: bool = False  # such lines of the body as well

    def marks_header(self, name: str, text: str) -> bool:
        """True for a header, or the rest of one, that decided."""
        return name.lower() in self.headers and (not self.needles or self._holds(text))

    def marks_body(self, text: str) -> bool:
        """True for a line of the body that decided."""
        return self.in_body and self._holds(text)

    def _holds(self, text: str) -> bool:
        lowered = text.lower()
        return any(needle in lowered for needle in self.needles)


_SENDER = Deciding(frozenset({"from"}))
_ANSWERS = frozenset({"in-reply-to", "references"})
_BY_SIGN: dict[str, frozenset[str]] = {
    ThreadReason.TOKEN: _ANSWERS,
    ThreadReason.REFERENCE: _ANSWERS,
    ThreadReason.REMEMBERED: _ANSWERS,
    ThreadReason.TOKEN_ADDRESS: frozenset({"to", "cc", "delivered-to"}),
    ThreadReason.TOKEN_SUBJECT: frozenset({"subject"}),
    ThreadReason.SUBJECT_NUMBER: frozenset({"subject"}),
    ThreadReason.ANSWERED_FIRST: frozenset({"message-id"}),
}


def deciding(entry: RemoteMessage) -> Deciding:
    """What of the source decided about this message, as its reason tells; nothing where no line did."""
    find = _BY_REASON.get(entry.reason_code)
    try:
        return find(entry.reason_data) if find else Deciding()
    except (KeyError, TypeError, AttributeError):  # a row of an earlier version lacks a value
        return Deciding()


def _filtered(data: Data) -> Deciding:
    if data["kind"] == EntryKind.HEADER:
        return Deciding(frozenset({data["header"].lower()}))
    if data["kind"] != EntryKind.WORDS:
        return _SENDER
    if data["place"] == "subject":
        return Deciding(frozenset({"subject"}))
    return Deciding(needles=(data["value"].strip("* ").lower(),), in_body=True)


def _signal(data: Data) -> Deciding:
    signal = str(data.get("signal", ""))
    name = signal.partition(":")[0].strip().lower()
    if not name:
        return Deciding()
    return Deciding(frozenset({"content-type"})) if "=" in name else Deciding(frozenset({name}))


def _spam_header(data: Data) -> Deciding:
    return Deciding(frozenset({str(data["line"]).partition(":")[0].strip().lower()}))


def _spam_words(data: Data) -> Deciding:
    return Deciding(frozenset({"subject"}), needles=tuple(str(word).lower() for word in data["words"]), in_body=True)


def _answer(data: Data) -> Deciding:
    needle = str(data.get("detail", "")).strip("<>").lower()
    return Deciding(_BY_SIGN.get(data["sign"], frozenset()), needles=(needle,) if needle else ())


def _bounce(data: Data) -> Deciding:
    wanted = tuple(str(address).lower() for address in data["recipients"])
    return Deciding(frozenset({"content-type"}), needles=("report", *wanted), in_body=bool(wanted))


def _stopped(data: Data) -> Deciding:
    """Of too many tickets of one mailbox no line of this mail says anything."""
    return Deciding() if data["scope"] == FloodScope.MAILBOX else _SENDER


def _always(*names: str) -> Callable[[Data], Deciding]:
    return lambda _data: Deciding(frozenset(names))


_BY_REASON: dict[str, Callable[[Data], Deciding]] = {
    Reason.FILTERED: _filtered,
    Reason.NOT_ALLOWED: _always("from"),
    Reason.MAY_NOT_OPEN: _always("from"),
    Reason.MAY_NOT_UPDATE: _always("from"),
    Reason.OWN_MAIL: _always("from", "message-id"),
    Reason.DUPLICATE: _always("message-id"),
    Reason.COPY: _always("message-id"),
    Reason.LOOP_STOPPED: _stopped,
    Reason.FOLLOWS_CLOSED: _always("in-reply-to", "references"),
    Reason.ANSWER: _answer,
    Reason.SPAM_HEADER: _spam_header,
    Reason.SPAM_WORDS: _spam_words,
    Reason.BOUNCE_OF_OURS: _bounce,
    Reason.DELAY_OF_OURS: _bounce,
    Reason.BOUNCE_OF_SENDING: _bounce,
    Reason.DELAY_OF_SENDING: _bounce,
    Reason.FOREIGN_BOUNCE: _always("content-type"),
    Reason.NEW_MAIL: _signal,
    Reason.QUIET_NOTE: _signal,
    Reason.AUTO_REPLY: _signal,
    Reason.VACATION: _signal,
    Reason.GENERATED: _signal,
    Reason.LIST: _signal,
    Reason.READ_RECEIPT: _signal,
    Reason.FEEDBACK_REPORT: _signal,
}
