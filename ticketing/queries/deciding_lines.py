"""Which lines of a mail's source decided what became of it: headers by name, and words that such a line holds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailboxes.diagnosis.arriving import MARK_HEADER
from mailboxes.models import RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.inbound.unproven import SAID
from ticketing.mail.encoded_words import decode_words
from ticketing.models import EntryKind, FloodScope, ThreadReason
from ticketing.models.rules import Look
from ticketing.steps.view import rules_told

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
        lowered = decode_words(text).lower() if "=?" in text else text.lower()
        return any(needle in lowered for needle in self.needles)


@dataclass(frozen=True)
class Marks:
    """Everything that is to be marked in one mail."""

    parts: tuple[Deciding, ...] = ()

    @property
    def in_body(self) -> bool:
        """True if lines of the body are looked for."""
        return any(part.in_body for part in self.parts)

    def marks_header(self, name: str, text: str) -> bool:
        """True for a header, or the rest of one, that decided."""
        return any(part.marks_header(name, text) for part in self.parts)

    def marks_body(self, text: str) -> bool:
        """True for a line of the body that decided."""
        return any(part.marks_body(text) for part in self.parts)


_SENDER = Deciding(frozenset({"from"}))
_UNPROVEN = Deciding(frozenset({"from", "authentication-results"}))
_ANSWERS = frozenset({"in-reply-to", "references"})
_BODY_MARK = "postroom:"  # before a token of ours in a body
_BY_SIGN: dict[str, frozenset[str]] = {
    ThreadReason.TOKEN: _ANSWERS,
    ThreadReason.REFERENCE: _ANSWERS,
    ThreadReason.REMEMBERED: _ANSWERS,
    ThreadReason.TOKEN_ADDRESS: frozenset({"to", "cc", "delivered-to"}),
    ThreadReason.TOKEN_SUBJECT: frozenset({"subject"}),
    ThreadReason.SUBJECT_NUMBER: frozenset({"subject"}),
    ThreadReason.ANSWERED_FIRST: frozenset({"message-id"}),
    ThreadReason.CONVERSATION: frozenset({"thread-index"}),
}
# Headers that a condition of a rule looks at; none: the one that the condition names.
_BY_LOOK: dict[str, frozenset[str]] = {
    Look.SUBJECT: frozenset({"subject"}),
    Look.SENDER: frozenset({"from"}),
    Look.SENDER_NAME: frozenset({"from"}),
    Look.DOMAIN: frozenset({"from"}),
    Look.RECIPIENT: frozenset({"to", "cc"}),
    Look.HEADER: frozenset(),
    Look.TRUST: frozenset({"authentication-results"}),
}
_WHOLE = frozenset({Look.TRUST, Look.HEADER})  # what they found is in words of ours, or stands for all of the line


def deciding(entry: RemoteMessage) -> Marks:
    """What of the source decided about this message: by its reason, by rules that matched, by commands that failed.

    Nothing where no line did.
    """
    find = _BY_REASON.get(entry.reason_code)
    try:
        by_reason = find(entry.reason_data) if find else Deciding()
    except (KeyError, TypeError, AttributeError):  # a row of an earlier version lacks a value
        by_reason = Deciding()
    parts = (by_reason, *_of_rules(entry), *_of_commands(entry), *_of_proof(entry))
    return Marks(tuple(part for part in parts if part != Deciding()))


def _of_rules(entry: RemoteMessage) -> Iterator[Deciding]:
    """The lines by which rules matched; what a rule found missing stands in no line."""
    for told in rules_told(entry):
        for hit in told.get("hits", ()):
            needles = tuple(filter(None, [str(hit.get("found", "")).lower()]))
            if hit.get("not"):
                continue
            if hit.get("look") in (Look.BODY, Look.FILE_NAME):  # names of files stand in the heads of parts
                yield Deciding(needles=needles, in_body=bool(needles))
            elif hit.get("look") in _BY_LOOK:
                names = _BY_LOOK[hit["look"]] or frozenset({str(hit.get("header", "")).lower()})
                yield Deciding(names, needles=needles if hit["look"] not in _WHOLE else ())


def _of_commands(entry: RemoteMessage) -> Iterator[Deciding]:
    for each in entry.reason_data.get("not_followed", ()):
        line = str(each.get("line", "")).rstrip("…").lower()
        yield Deciding(needles=(line,) if line else (), in_body=bool(line))


def _of_proof(entry: RemoteMessage) -> Iterator[Deciding]:
    """Who From names, and what was said of it, where that was not good enough for what the mail asked."""
    if SAID in entry.reason_data:
        yield _UNPROVEN


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
    # `report-type=…` and `delivery report` are told by what the mail is made of.
    return Deciding(frozenset({"content-type"})) if "=" in name or " " in name else Deciding(frozenset({name}))


def _spam_header(data: Data) -> Deciding:
    return Deciding(frozenset({str(data["line"]).partition(":")[0].strip().lower()}))


def _spam_words(data: Data) -> Deciding:
    return Deciding(frozenset({"subject"}), needles=tuple(str(word).lower() for word in data["words"]), in_body=True)


def _answer(data: Data) -> Deciding:
    needle = str(data.get("detail", "")).strip("<>").lower()
    if data["sign"] == ThreadReason.BODY_TOKEN:
        return Deciding(needles=(_BODY_MARK,), in_body=True)
    return Deciding(_BY_SIGN.get(data["sign"], frozenset()), needles=(needle,) if needle else ())


def _bounce(data: Data) -> Deciding:
    wanted = tuple(str(address).lower() for address in data["recipients"])
    return Deciding(frozenset({"content-type"}), needles=("report", *wanted), in_body=bool(wanted))


def _stopped(data: Data) -> Deciding:
    """Of too many tickets of one mailbox, or too many unknown senders, no line of this mail says anything."""
    if data["scope"] == FloodScope.EQUAL:
        return Deciding(frozenset({"from", "subject"}))
    return Deciding() if data["scope"] in (FloodScope.MAILBOX, FloodScope.STRANGERS) else _SENDER


def _follows_closed(data: Data) -> Deciding:
    return _answer(data) if "sign" in data else Deciding(_ANSWERS)


def _kept_out(data: Data) -> Deciding:
    """Who From names, and where that was not proven also what the mail server said of it."""
    return _UNPROVEN if data.get("proof") else _SENDER


def _always(*names: str) -> Callable[[Data], Deciding]:
    return lambda _data: Deciding(frozenset(names))


_BY_REASON: dict[str, Callable[[Data], Deciding]] = {
    Reason.FILTERED: _filtered,
    Reason.NOT_ALLOWED: _always("from"),
    Reason.MAY_NOT_OPEN: _kept_out,
    Reason.MAY_NOT_UPDATE: _kept_out,
    Reason.CHECK_MAIL: _always("message-id", MARK_HEADER.lower()),
    Reason.OWN_MAIL: _always("from", "message-id"),
    Reason.SENT_ELSEWHERE: _answer,
    Reason.DUPLICATE: _always("message-id"),
    Reason.COPY: _always("message-id"),
    Reason.LOOP_STOPPED: _stopped,
    Reason.FOLLOWS_CLOSED: _follows_closed,
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
# No line of the mail decided: the mailbox, a person or another program did, or something went wrong here.
WITHOUT_LINE = frozenset(
    {
        Reason.HISTORY,
        Reason.TOO_LARGE,
        Reason.COMPLETED,
        Reason.ANSWERS_ONLY,
        Reason.SWITCHED_OFF,
        Reason.SPAM_DAEMON,
        Reason.SENT_FROM_HERE,
        Reason.QUARANTINED,
        Reason.DEADLY,
        Reason.FILE_MISSING,
        Reason.JOINED,
        Reason.SPLIT_OFF,
        Reason.DISCARDED,
    }
)
REASONS_WITH_LINE = frozenset(_BY_REASON)
