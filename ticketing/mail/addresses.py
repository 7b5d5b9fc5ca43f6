"""Address headers (From, To, Cc, Reply-To), lenient: what a person would read out of them, in linear time."""

import re

from helpdesk.lib.text import clean_line
from ticketing.mail.encoded_words import decode_words
from ticketing.mail.values import Address

_TOKEN = re.compile(
    r"\"((?:[^\"\\]|\\.){0,1000})\""  # quoted text
    r"|\(((?:[^()\\]|\\.){0,1000})\)"  # comment
    r"|<([^<>]{0,1000})>?"  # address in angle brackets
    r"|([,;:])"
    r"|(=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]{0,1000}\?=)"  # encoded words, which may hold commas
    r"|([^\"(<>,;:=]+|.)",
    re.DOTALL,
)
_SIMPLE = re.compile(r"(?:\"?([^\"<>@,;:()=\\]*?)\"?\s*)<([^\s<>\"(),;:]+@[^\s<>\"(),;:]+)>\Z")
_BARE = re.compile(r"[^\s<>\"(),;:\[\]]+@[^\s<>\"(),;:]+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MAX_VALUE = 64 * 1024  # characters read of one header
_MAX_WORDS = 2000  # characters read of one address
_MAX_NAME = 500
_MAX_ADDRESS = 320


def parse_addresses(value: str, *, limit: int) -> tuple[tuple[Address, ...], int]:
    """The first addresses of a header value, at most limit, and how many there are in all.

    value: unfolded but not decoded, since a decoded name may hold commas. Groups (RFC 5322 section 3.4) give their
    members. Something without an @ is kept, so that a broken From still names its author.
    """
    simple = _SIMPLE.match(value) if len(value) < _MAX_NAME else None
    if simple:
        return (Address(clean_line(simple[1]), clean_line(simple[2])),), 1
    beyond = value.count("@", _MAX_VALUE)
    value = value[:_MAX_VALUE]
    found: list[Address] = []
    total = 0
    entry = _Entry()
    for match in _TOKEN.finditer(value):
        separator = match[4]
        if separator is None:
            entry.add(match)
            continue
        if separator == ":" and entry.address is None and not entry.has_at():
            entry = _Entry()  # the name of a group
            continue
        if separator == ":":
            entry.words.append(":")
            continue
        total += _close(entry, found, limit)
        entry = _Entry()
    total += _close(entry, found, limit)
    return tuple(found), total + beyond


def _close(entry: "_Entry", found: list[Address], limit: int) -> int:
    """Adds the finished entry to those found, if there is room; how many addresses it was."""
    if len(found) >= limit:
        return 1 if entry.has_at() or entry.address else 0
    address = entry.finish()
    if address:
        found.append(address)
    return 1 if address else 0


class _Entry:
    """The pieces of one address while they are read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.comments: list[str] = []
        self.address: str | None = None
        self._room = _MAX_WORDS

    def add(self, match: re.Match[str]) -> None:
        self._room -= len(match[0])
        if self._room < 0 and match[3] is None:
            return
        quoted, comment, angle = match[1], match[2], match[3]
        if quoted is not None:
            self.words.append(_ESCAPE.sub(r"\1", quoted) if "\\" in quoted else quoted)
        elif comment is not None:
            self.comments.append(comment)
        elif angle is not None:
            if self.address is None or "@" not in self.address:
                self.address = angle
        else:
            self.words.append(match[5] or match[6])

    def has_at(self) -> bool:
        return any("@" in word for word in self.words)

    def finish(self) -> Address | None:
        name = "".join(self.words).strip()
        address = self.address
        if address is None:
            bare = _BARE.search(name)
            if bare:
                address, name = bare[0], f"{name[: bare.start()]} {name[bare.end() :]}"
            elif name:
                address = ""
            else:
                return None
        elif "@" not in address and (bare := _BARE.search(name)):
            address, name = bare[0], name.replace(bare[0], "")
        address = _clean_address(address)
        text = decode_words(name).strip("\"' \t,;:")
        if not text and self.comments:
            text = decode_words(self.comments[0])
        if not address and (bare := _BARE.search(text)):  # the whole address in an encoded word
            address, text = bare[0], ""
        if not address and not text:
            return None
        return Address(text[:_MAX_NAME], address[:_MAX_ADDRESS])


def _clean_address(raw: str) -> str:
    text = decode_words(raw) if "=?" in raw else clean_line(raw)
    if len(text) > 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    text = text.strip("' ").removeprefix("mailto:").removeprefix("MAILTO:")
    if " " in text:
        bare = _BARE.search(text)
        text = bare[0] if bare else text.replace(" ", "")
    if text.startswith("@") and ":" in text:  # source route, RFC 5322 section 4.4
        text = text.rpartition(":")[2]
    return text
