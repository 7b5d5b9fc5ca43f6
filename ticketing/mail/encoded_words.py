"""Encoded words of header text (RFC 2047), as senders really write them."""

import binascii
import re

from helpdesk.lib.text import clean_line
from ticketing.mail.charset import decode

_START = re.compile(r"=\?([^?\s]{1,60}?)(?:\*[^?\s]*)?\?([bBqQ])\?")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def unfold(value: str) -> str:
    """The header value on one line; a line break and the spaces around it become one space."""
    return " ".join(line.strip(" \t") for line in value.split("\n")).strip() if "\n" in value else value


def decode_words(value: str) -> str:
    """The readable text of a header value: every encoded word decoded, one line, clean.

    Forgives spaces inside a word, words inside quotes or glued to text, missing padding and a missing end; words next
    to each other are joined before decoding, since many programs cut in the middle of a character.
    """
    return clean_line(decode_words_verbatim(unfold(value)))


def decode_words_verbatim(value: str) -> str:
    """The same for one line, with control characters as the words hold them; the caller cleans."""
    if "=?" not in value:
        return value
    pieces: list[str] = []
    run: list[tuple[str, bytes]] = []
    position = 0
    while match := _START.search(value, position):
        between = value[position : match.start()]
        if between.strip() or not run:
            pieces.append(_decode_run(run))
            run = []
            pieces.append(between)
        content, position = _content(value, match.end())
        run.append((match[1].lower(), _payload(content, match[2])))
    pieces.append(_decode_run(run))
    pieces.append(value[position:])
    return "".join(pieces)


def _content(value: str, start: int) -> tuple[str, int]:
    end = value.find("?=", start)
    if end < 0:  # cut by a length limit somewhere on the way
        return value[start:], len(value)
    # An inner "?=" of a Q word such as "a?=3D?=" is followed by a character code; the real end is not.
    return value[start:end], end + 2


def _payload(content: str, encoding: str) -> bytes:
    raw = content.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" ").replace(b"\n", b""), header=False)
    digits = _NOT_BASE64.sub(b"", raw)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _decode_run(run: list[tuple[str, bytes]]) -> str:
    if not run:
        return ""
    texts: list[str] = []
    charset, joined = run[0][0], b""
    for name, payload in run:
        if name != charset:
            texts.append(decode(joined, charset)[0])
            charset, joined = name, b""
        joined += payload
    texts.append(decode(joined, charset)[0])
    return "".join(texts)
