"""Entries of filters as people write them: tidied, or refused with a sentence for whoever wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from ticketing.inbound.filtering import Entry, ascii_domain, even
from ticketing.models.filters import EntryKind

MAX_VALUE_CHARS = 320
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,80}")  # RFC 5322, 3.6.8
_ANY_CHAR_OF_LIST = re.compile(r'(?:"[^"]*"|[^,;\n])+')

SENTENCES: dict[str, Promise] = {
    "no_address": gettext_lazy("“%(value)s” is no e-mail address. Write it as name@example.com."),
    "no_domain": gettext_lazy("“%(value)s” is no domain. Write it without @, such as example.com."),
    "no_header": gettext_lazy("“%(value)s” begins with no header's name. Write it as X-Mailer: words, or X-Mailer:"),
    "no_words": gettext_lazy("“%(value)s” holds no word."),
    "too_long": gettext_lazy("“%(value)s…” is too long for a filter."),
}


class EntryRefused(DomainError):
    """What was written is no entry of this kind."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(str(SENTENCES[code]) % {"value": value[:60]}, code=code)


def tidy_entry(kind: EntryKind, text: str) -> Entry:
    """The entry as it is stored; a header's is written `Name: words`, or `Name:` for whatever it says.

    `*.example.com` as a domain is the domain with all below it. Raises EntryRefused.
    """
    line = clean_line(text)
    if len(line) > MAX_VALUE_CHARS:
        raise EntryRefused("too_long", line)
    return _TIDIED[kind](line)


def written_as(entry: Entry) -> str:
    """The entry as people write it."""
    return f"{entry.header}: {entry.value}".rstrip() if entry.kind is EntryKind.HEADER else entry.value


def split_entries(text: str) -> list[str]:
    """What is parted by commas, semicolons or lines; quotes keep together what holds such."""
    parts = (part.strip() for part in _ANY_CHAR_OF_LIST.findall(text))
    return [plain for part in parts if (plain := part.replace('"', "").strip())]


def sameness(entry: Entry) -> tuple[str, str, str]:
    """What two ways of writing one entry have in common."""
    return entry.kind, even(entry.value), entry.header


def _address(text: str) -> Entry:
    address = text.lower().removeprefix("mailto:").strip("<> ")
    local, at, domain = address.rpartition("@")
    if not at or not local or " " in address or "@" in local or not _DOMAIN.fullmatch(ascii_domain(domain)):
        raise EntryRefused("no_address", text)
    return Entry(EntryKind.ADDRESS, f"{local}@{domain}")


def _domain(text: str) -> Entry:
    return _domain_of(text, EntryKind.SUBDOMAINS if text.startswith("*.") else EntryKind.DOMAIN)


def _domain_and_below(text: str) -> Entry:
    return _domain_of(text, EntryKind.SUBDOMAINS)


def _domain_of(text: str, kind: EntryKind) -> Entry:
    domain = text.lower().removeprefix("*.").removeprefix("@").strip(".")
    if not _DOMAIN.fullmatch(ascii_domain(domain)):
        raise EntryRefused("no_domain", text)
    return Entry(kind, domain)


def _words(text: str) -> Entry:
    if not even(text).strip("* "):
        raise EntryRefused("no_words", text)
    return Entry(EntryKind.WORDS, " ".join(text.split()))


def _header(text: str) -> Entry:
    name, colon, words = text.partition(":")
    if not colon or not _HEADER_NAME.fullmatch(name.strip()):
        raise EntryRefused("no_header", text)
    value = " ".join(words.split()) if even(words).strip("* ") else ""
    return Entry(EntryKind.HEADER, value, name.strip().lower())


_TIDIED: dict[EntryKind, Callable[[str], Entry]] = {
    EntryKind.ADDRESS: _address,
    EntryKind.DOMAIN: _domain,
    EntryKind.SUBDOMAINS: _domain_and_below,
    EntryKind.WORDS: _words,
    EntryKind.HEADER: _header,
}
