"""Which header lines of a mail say that it is spam. Pure; which of them count is the mailbox's to say.

Anyone can write any header: of each name only the topmost counts, which the last server on the way has added. Of
Authentication-Results, those of the receiving server: a mailing list's or a forwarder's own verdict lies further down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

MIN_EXCHANGE_SCL = 5
_MAX_VALUE = 4000
_MAX_LINE = 160
# SPM: filtered as spam; SKS: marked by a rule before the filter; SKB, BLK: blocked by the organization, by the person.
_EXCHANGE_SPAM = re.compile(r"(?:^|[;\s])SFV:(?:SPM|SKS|SKB|BLK)(?:[;\s]|$)", re.IGNORECASE)
_EXCHANGE_SCL = re.compile(r"(?:^|[;\s])SCL:(\d{1,2})(?:[;\s]|$)", re.IGNORECASE)
_COMMENT_OR_QUOTED = re.compile(r"\([^()]*\)|\"[^\"]*\"")
_DMARC_FAIL = re.compile(r"(?:^|[;\s])dmarc\s{0,3}=\s{0,3}fail(?:[;\s]|$)", re.IGNORECASE)


class Signal(StrEnum):
    """What a header says; each is a switch of the mailbox."""

    SPAMASSASSIN = "spamassassin"
    EXCHANGE = "exchange"
    FEEDBACK_ID = "feedback_id"
    DMARC = "dmarc"


class Provider(StrEnum):
    """Whose server receives the mail, as far as that is known."""

    UNKNOWN = ""
    GOOGLE = "google"
    MICROSOFT = "microsoft"


# What each provider's own servers write; the rest of the headers some gateway in front has written, or the sender.
WRITTEN_BY: dict[Provider, frozenset[Signal]] = {
    Provider.UNKNOWN: frozenset(Signal),
    Provider.GOOGLE: frozenset({Signal.DMARC, Signal.FEEDBACK_ID}),
    Provider.MICROSOFT: frozenset({Signal.EXCHANGE, Signal.DMARC, Signal.FEEDBACK_ID}),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A header line that says spam."""

    signal: Signal
    line: str  # `Name: value`, cut


def spam_findings(headers: Sequence[tuple[str, str]], *, provider: Provider) -> list[Finding]:
    """What the headers say, in the order of Signal. headers: from the top of the mail on, unfolded."""
    first: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        first.setdefault(name.lower(), (name, value[:_MAX_VALUE]))
    found = [*_spamassassin(first), *_exchange(first), *_feedback_id(first), *_dmarc(headers, provider)]
    seen: dict[Signal, Finding] = {}
    for finding in found:
        seen.setdefault(finding.signal, finding)
    return list(seen.values())


def dmarc_failure(headers: Sequence[tuple[str, str]], *, provider: Provider) -> Finding | None:
    """Where the server that received the mail last says that it does not come from where From says."""
    return next(_dmarc(headers, provider), None)


def _finding(signal: Signal, header: tuple[str, str]) -> Finding:
    name, value = header
    return Finding(signal, " ".join(f"{name}: {value}".split())[:_MAX_LINE])


def _spamassassin(first: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    for name in ("x-spam-flag", "x-spam-status"):
        if name in first and re.match(r"\s*yes\b", first[name][1], re.IGNORECASE):
            yield _finding(Signal.SPAMASSASSIN, first[name])


def _exchange(first: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    report = first.get("x-forefront-antispam-report")
    if report is not None:
        level = _EXCHANGE_SCL.search(report[1])
        if _EXCHANGE_SPAM.search(report[1]) or (level and int(level[1]) >= MIN_EXCHANGE_SCL):
            yield _finding(Signal.EXCHANGE, report)
    level_header = first.get("x-ms-exchange-organization-scl")
    if level_header is not None:
        text = level_header[1].strip()
        if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) >= MIN_EXCHANGE_SCL:
            yield _finding(Signal.EXCHANGE, level_header)


def _feedback_id(first: dict[str, tuple[str, str]]) -> Iterator[Finding]:
    if "feedback-id" in first:
        yield _finding(Signal.FEEDBACK_ID, first["feedback-id"])


def _dmarc(headers: Sequence[tuple[str, str]], provider: Provider) -> Iterator[Finding]:
    for name, value in _of_receiver(headers, provider):
        if _DMARC_FAIL.search(_COMMENT_OR_QUOTED.sub(" ", value)):
            yield _finding(Signal.DMARC, (name, value))


def _of_receiver(headers: Sequence[tuple[str, str]], provider: Provider) -> list[tuple[str, str]]:
    """The Authentication-Results of the server that received the mail last.

    Google's is known by its name, Microsoft's is the topmost; each is one. Another server may write several, all
    with its name: those with the topmost one's are its.
    """
    results = [(name, value[:_MAX_VALUE]) for name, value in headers if name.lower() == "authentication-results"]
    if provider is Provider.GOOGLE:
        return [each for each in results if _server_of(each[1]) == "mx.google.com"][:1]
    if provider is Provider.MICROSOFT:
        return results[:1]  # Exchange Online writes no name, Exchange in a company that of one of its servers
    return [each for each in results if _server_of(each[1]) == _server_of(results[0][1])]


def _server_of(value: str) -> str:
    """The authserv-id, lower-cased; "" where the results begin at once, as Exchange Online writes them."""
    first = _COMMENT_OR_QUOTED.sub(" ", value).split(";", 1)[0].strip().lower()
    return "" if "=" in first or not first else first.split()[0]
