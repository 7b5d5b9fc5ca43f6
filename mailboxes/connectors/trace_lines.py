"""What of a line may be recorded, by its place in the protocol: IMAP, POP3 and SMTP.

Commands and answers are kept, addresses too; arguments of sign-ins, and what mails contain, are told by their sizes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

_LITERAL = re.compile(rb"\{([0-9]{1,12})\+?\}$")
_QUOTED = re.compile(rb'(INTERNALDATE )?"((?:[^"\\]|\\.)*)(?:"|$)', re.IGNORECASE)
_LOGIN = re.compile(rb'("(?:[^"\\]|\\.)*"|[^" {]+) (.*)', re.DOTALL)
_FETCH = re.compile(rb"\* [0-9]+ FETCH ", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """What is recorded for a line."""

    text: str
    secrets: tuple[str, ...] = ()  # that stood in it, to be struck out wherever they come up again
    skip_bytes: int = 0  # of a literal behind it: content


@dataclass(frozen=True)
class Raw:
    """A line without CRLF; of a long one its beginning and its last bytes."""

    start: bytes
    length: int  # of the whole
    end: bytes

    @property
    def literal_bytes(self) -> int:
        """How long the literal is that follows; 0 for none."""
        found = _LITERAL.search(self.end)
        return int(found[1]) if found else 0


class Dialect(Protocol):
    """One protocol. None: there is nothing to record yet."""

    def client(self, line: Raw) -> Line | None:
        """A line to the server."""
        ...

    def server(self, line: Raw) -> Line | None:
        """A line from the server."""
        ...


class ImapLines:
    """IMAP: RFC 9051."""

    def __init__(self) -> None:
        self._signing_in = b""  # the tag of LOGIN or AUTHENTICATE until it is answered
        self._is_in_fetch = False

    def client(self, line: Raw) -> Line:
        """Arguments of signing in are struck out, but for the user name of LOGIN."""
        if self._signing_in:
            return Line("***", (_text(line.start),), line.literal_bytes)
        tag, _, rest = line.start.partition(b" ")
        verb, _, arguments = rest.partition(b" ")
        if verb.upper() in (b"LOGIN", b"AUTHENTICATE"):
            self._signing_in = tag
            found = _sign_in(tag + b" " + verb, arguments, has_user=verb.upper() == b"LOGIN")
            return replace(found, skip_bytes=line.literal_bytes)
        return _with_literal(line.start, line)

    def server(self, line: Raw) -> Line:
        """Literals and quoted parts of messages are told by their sizes."""
        if self._signing_in and line.start.startswith(b"+"):
            return Line("+ ***")
        if self._signing_in and line.start.startswith(self._signing_in + b" "):
            self._signing_in = b""
        shown = line.start
        if self._is_in_fetch or _FETCH.match(shown):
            self._is_in_fetch = bool(line.literal_bytes)
            shown = _QUOTED.sub(lambda found: found[0] if found[1] else b'"[%d bytes]"' % len(found[2]), shown)
        return _with_literal(shown, line)


class Pop3Lines:
    """POP3: RFC 1939, 5034."""

    def __init__(self) -> None:
        self._is_signing_in = False
        self._expects_text = False
        self._text_bytes: int | None = None  # None: no message is coming in

    def client(self, line: Raw) -> Line:
        """PASS, APOP and AUTH are struck out."""
        if self._is_signing_in:
            return Line("***", (_text(line.start),))
        verb, _, arguments = line.start.partition(b" ")
        known = verb.upper()
        self._expects_text = known in (b"RETR", b"TOP")
        if known == b"PASS":
            return Line("PASS ***", (_text(arguments),))
        if known == b"AUTH":
            self._is_signing_in = True
            return _sign_in(verb, arguments, has_user=False)
        if known == b"APOP":
            return _sign_in(verb, arguments, has_user=True)
        return _cut(line.start, line)

    def server(self, line: Raw) -> Line | None:
        """A message is told by its size."""
        if self._text_bytes is not None:
            return self._content(line)
        if self._is_signing_in and line.start[:2] in (b"+", b"+ "):
            return Line("+ ***")
        self._is_signing_in = False
        if self._expects_text and line.start.startswith(b"+OK"):
            self._text_bytes = 0
        self._expects_text = False
        return _cut(line.start, line)

    def _content(self, line: Raw) -> Line | None:
        if line.start != b".":
            self._text_bytes = (self._text_bytes or 0) + line.length + 2
            return None
        told, self._text_bytes = self._text_bytes, None
        return Line(f"[message, {told} bytes]")


class SmtpLines:
    """SMTP: RFC 5321, 4954."""

    def __init__(self) -> None:
        self._is_signing_in = False
        self._asked_for_data = False
        self._content_bytes: int | None = None  # None: no message is going out

    def client(self, line: Raw) -> Line | None:
        """AUTH is struck out, and the message told by its size."""
        if self._content_bytes is not None:
            return self._content(line)
        if self._is_signing_in:
            return Line("***", (_text(line.start),))
        verb, _, arguments = line.start.partition(b" ")
        self._asked_for_data = verb.upper() == b"DATA"
        if verb.upper() == b"AUTH":
            self._is_signing_in = True
            return _sign_in(verb, arguments, has_user=False)
        return _cut(line.start, line)

    def server(self, line: Raw) -> Line:
        """Challenges are struck out."""
        if self._is_signing_in and line.start.startswith(b"334"):
            return Line("334 ***")
        self._is_signing_in = False
        if self._asked_for_data and line.start.startswith(b"354"):
            self._content_bytes = 0
        self._asked_for_data = False
        return _cut(line.start, line)

    def _content(self, line: Raw) -> Line | None:
        if line.start != b".":
            self._content_bytes = (self._content_bytes or 0) + line.length + 2
            return None
        told, self._content_bytes = self._content_bytes, None
        return Line(f"[message, {told} bytes]")


DIALECTS: Mapping[str, Callable[[], Dialect]] = {"imap": ImapLines, "pop3": Pop3Lines, "smtp": SmtpLines}


def _sign_in(command: bytes, arguments: bytes, *, has_user: bool) -> Line:
    """The command with its mechanism or user name, and nothing behind; all is struck out where they can't be told."""
    if has_user:
        found = _LOGIN.fullmatch(arguments)
        shown, hidden = (found[1], found[2]) if found else (b"", arguments)
    else:
        shown, _, hidden = arguments.partition(b" ")
    words = b" ".join(word for word in (command, shown) if word)
    plain = re.sub(rb"\\(.)", rb"\1", hidden.removeprefix(b'"').removesuffix(b'"'))  # as it was before it was quoted
    return Line(_text(words) + (" ***" if hidden else ""), (_text(hidden), _text(plain)))


def _with_literal(shown: bytes, line: Raw) -> Line:
    cut = _cut(shown, line)
    return Line(f"{cut.text} [content not kept]", skip_bytes=line.literal_bytes) if line.literal_bytes else cut


def _cut(shown: bytes, line: Raw) -> Line:
    more = line.length - len(line.start)
    return Line(f"{_text(shown)} [{more} more bytes]" if more > 0 else _text(shown))


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")
