"""What the server that received a mail found out about its sender: SPF, DKIM and DMARC, from Authentication-Results.

Anyone can write that header (RFC 8601 section 5), so only those of a known server count: a provider that is known to
write it, or servers that an admin has named. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.lib.text import clean_line

Headers = Sequence[tuple[str, str]]

_GOOGLE_SERVER = "mx.google.com"
_MAX_VALUE = 4000
_MAX_RESULTS = 50
_METHODS = ("spf", "dkim", "dmarc")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)\b(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"\b(header\.d|header\.i|smtp\.mailfrom)\s*=\s*(\S+)", re.IGNORECASE)
_SERVER_NAME = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9._:-]{0,251}[a-z0-9_])?")
# What Exchange Online writes for a domain without a DMARC record whose mail would have passed.
_DMARC_PASSES = frozenset({"pass", "bestguesspass"})


class Checker(StrEnum):
    """Who checks the senders of a mailbox's mail, as far as its provider tells."""

    NOBODY = ""
    GOOGLE = "google"
    EXCHANGE_ONLINE = "exchange_online"
    EXCHANGE = "exchange"  # in a company: it marks mail of its own people, and checks nobody else


@dataclass(frozen=True, slots=True)
class Results:
    """What is believed about the sender, in the words of the header; "" where nothing is said."""

    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    proven_by: str = ""  # dmarc, dkim, spf or internal; "": not proven


@dataclass(frozen=True, slots=True)
class _Result:
    """One result of one header."""

    method: str
    value: str  # lower-cased
    domains: tuple[str, ...]  # whom it is about


def gives_results(checker: Checker, *, names: Sequence[str]) -> bool:
    """Whether mail of outsiders comes with results that can be believed."""
    return bool(names) or checker in (Checker.GOOGLE, Checker.EXCHANGE_ONLINE)


def is_server_name(text: str) -> bool:
    """Whether a server can be named so: an authserv-id need not be a domain (RFC 8601 section 2.5). Lower-cased."""
    return bool(_SERVER_NAME.fullmatch(text))


def topmost_server(headers: Headers) -> str | None:
    """Whom the topmost Authentication-Results names as its writer, lower-cased; "" for nobody, None without any."""
    values = (value for name, value in headers if name.lower() == "authentication-results")
    return next((_server_of(value) for value in values), None)


def read_results(headers: Headers, *, checker: Checker, names: Sequence[str], sender: str) -> Results:
    """What the mailbox's server says of a mail from this address.

    names: servers that an admin has named, `*.` before one for all below it; where there are any, they alone count.
    """
    if checker in (Checker.EXCHANGE, Checker.EXCHANGE_ONLINE) and _is_internal(headers):
        return Results(proven_by="internal")
    values = _named(headers, names) if names else _of_provider(headers, checker)
    found = [result for value in values for result in _results(value)][:_MAX_RESULTS]
    said = {method: _said(method, found) for method in _METHODS}
    return Results(**said, proven_by=_proof(found, said, domain=sender.rpartition("@")[2]))


def _is_internal(headers: Headers) -> bool:
    """Exchange takes this header off all mail that comes from outside, and writes it anew."""
    name = "x-ms-exchange-organization-authas"
    value = next((value for key, value in headers if key.lower() == name), "")
    return value.strip().lower() == "internal"


def _of_provider(headers: Headers, checker: Checker) -> list[str]:
    """The one header that the provider has written itself."""
    values = [value for name, value in headers if name.lower() == "authentication-results"]
    if checker is Checker.GOOGLE:
        return [value for value in values if _server_of(value) == _GOOGLE_SERVER][:1]
    if checker is Checker.EXCHANGE_ONLINE:
        return [value for value in values[:1] if not _server_of(value)]  # it writes no name
    return []


def _named(headers: Headers, names: Sequence[str]) -> list[str]:
    """The topmost headers of the named servers: what stands below the next Received came in with the mail."""
    found: list[str] = []
    for name, value in headers:
        lowered = name.lower()
        if lowered == "received" and found:
            break
        if lowered == "authentication-results" and _is_one_of(_server_of(value), names):
            found.append(value)
    return found


def _is_one_of(server: str, names: Iterable[str]) -> bool:
    return any(server == name or (name.startswith("*.") and server.endswith(name[1:])) for name in names)


def _server_of(value: str) -> str:
    """The authserv-id, lower-cased; "" where the results begin at once."""
    plain = _without_comments(value[:_MAX_VALUE]) or ""
    first = plain.split(";", 1)[0].strip().lower()
    return "" if "=" in first or not first else first.split()[0]


def _results(value: str) -> Iterator[_Result]:
    """The results of one header; none of one whose quotes or comments have no end."""
    plain = _without_comments(value[:_MAX_VALUE])
    for part in (plain or "").split(";"):
        found = _RESULT.match(part)
        if found is not None:
            domains = (_domain(text) for _name, text in _PROPERTY.findall(found[3]))
            yield _Result(found[1].lower(), found[2].lower(), tuple(filter(None, domains)))


def _without_comments(text: str) -> str | None:
    """The value without comments and quoted strings, which hold what the sender has chosen; None if one has no end."""
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for char in text:
        if is_escaped:
            is_escaped = False
        elif char == "\\" and (depth or is_quoted):
            is_escaped = True
        elif is_quoted:
            is_quoted = char != '"'
        elif char == '"' and not depth:
            is_quoted = True
        elif char == "(":
            depth += 1
        elif char == ")":
            if not depth:
                return None
            depth -= 1
        elif not depth:
            kept.append(char)
    return None if depth or is_quoted else "".join(kept)


def _domain(text: str) -> str:
    """The domain of `example.com`, `@example.com` and `anna@example.com`, lower-cased."""
    return clean_line(text).strip("<>,").rpartition("@")[2].lower().rstrip(".")


def _said(method: str, results: Sequence[_Result]) -> str:
    """What is said by this method: of several signatures the best, of anything else the topmost."""
    values = [result.value for result in results if result.method == method]
    if method == "dkim" and "pass" in values:
        return "pass"
    return values[0][:20] if values else ""


def _proof(results: Sequence[_Result], said: dict[str, str], *, domain: str) -> str:
    """What proves that the mail comes from this domain: DMARC, else a signature or SPF of the domain itself.

    A domain above it counts, too, since whoever holds that holds this one; one below may be let to anybody.
    """
    dmarc = {result.value for result in results if result.method == "dmarc"}
    if dmarc and dmarc <= _DMARC_PASSES:
        return "dmarc"
    if dmarc - {"none"} or said["dmarc"] == "fail":
        return ""
    for method in ("dkim", "spf"):
        passed = (result for result in results if result.method == method and result.value == "pass")
        if any(_covers(each, domain) for result in passed for each in result.domains):
            return method
    return ""


def _covers(proven: str, domain: str) -> bool:
    return bool(domain) and "." in proven and (domain == proven or domain.endswith(f".{proven}"))
