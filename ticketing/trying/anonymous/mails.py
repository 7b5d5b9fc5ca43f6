"""A whole mail, part by part, at the bytes: parts, boundaries, encodings, charsets and line ends stay as they are."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ticketing.trying.anonymous.headers import anonymous_head, header_value
from ticketing.trying.anonymous.html import anonymous_html
from ticketing.trying.anonymous.texts import anonymous_text
from ticketing.trying.anonymous.words import Words

_DEEPEST = 20  # parts in parts; what is deeper counts as text
_BLANK_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_BLANK_LINES = re.compile(rb"((?:^|(?<=\n))\r?\n)")
_PARAMETER = r"(?:^|;)\s*{}\s*=\s*(?:\"([^\"]*)\"|([^\s;]+))"
_BOUNDARY = re.compile(_PARAMETER.format("boundary"), re.IGNORECASE)
_CHARSET = re.compile(_PARAMETER.format("charset"), re.IGNORECASE)
_LOOKS_SO = re.compile(rb"^--([^\s-]\S{0,200}|-\S{1,200})[ \t]*\r?$", re.MULTILINE)
_HTML = re.compile(r"\s{0,100}<(?:!doctype html|html|head|body|div|p)\b", re.IGNORECASE)
_HEADER_LIKE = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
        "text/rfc822-headers",
    }
)
_WHOLE_MAILS = frozenset({"message/rfc822", "message/global"})
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_EMPTY_BASE64 = bytes.maketrans(_ALPHABET, b"A" * len(_ALPHABET))
_EMPTY_BYTES = bytes(byte if byte in b"\r\n" else 0x78 for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the headers of a part say of its body."""

    type: str
    boundary: bytes
    charset: str | None
    encoding: str


def anonymise(content: bytes, *, key: bytes) -> bytes:
    """The mail without what it says and whom it names. key: at most 64 random bytes; another one, other words."""
    return _entity(content, Words(key), depth=0)


def _entity(content: bytes, words: Words, *, depth: int) -> bytes:
    blank = _BLANK_LINE.search(content)
    head, gap, body = (content, b"", b"") if blank is None else _split(content, blank)
    return anonymous_head(head, words) + gap + _body(body, _kind(head), words, depth)


def _split(content: bytes, blank: re.Match[bytes]) -> tuple[bytes, bytes, bytes]:
    return content[: blank.start()], blank[0], content[blank.end() :]


def _kind(head: bytes) -> _Kind:
    declared = header_value(head, "content-type")
    boundary, charset = _BOUNDARY.search(declared), _CHARSET.search(declared)
    return _Kind(
        type=declared.partition(";")[0].strip().lower() or "text/plain",
        boundary=(boundary[1] or boundary[2] or "").encode("latin-1") if boundary else b"",
        charset=(charset[1] or charset[2]) if charset else None,
        encoding=header_value(head, "content-transfer-encoding").strip().lower(),
    )


def _body(body: bytes, kind: _Kind, words: Words, depth: int) -> bytes:
    if kind.type.startswith("multipart/") and depth < _DEEPEST:
        return b"".join(_parts(body, _boundary(body, kind), words, depth))
    if kind.type in _WHOLE_MAILS and depth < _DEEPEST:
        return _recoded(body, kind.encoding, lambda content: _entity(content, words, depth=depth + 1))
    if kind.type in _HEADER_LIKE:
        return _recoded(body, kind.encoding, lambda content: _blocks(content, words))
    if kind.type.startswith(("text/", "multipart/", "message/")) or "/" not in kind.type:
        return _recoded(body, kind.encoding, lambda content: words.content(content, kind.charset, _change(kind, words)))
    return body.translate(_EMPTY_BASE64 if kind.encoding == "base64" else _EMPTY_BYTES)


def _boundary(body: bytes, kind: _Kind) -> bytes:
    """What is declared, where it is there; else what looks like one."""
    if kind.boundary and b"--" + kind.boundary in body:
        return kind.boundary
    found = _LOOKS_SO.search(body)
    return found[1] if found else kind.boundary


def _change(kind: _Kind, words: Words) -> Callable[[str, str], str]:
    if kind.type == "text/html":
        return lambda text, codec: anonymous_html(text, words, codec=codec)
    if kind.type == "text/plain":
        return lambda text, codec: _undeclared(text, words, codec)
    is_calendar = kind.type in ("text/calendar", "text/vcard", "text/x-vcard", "text/directory")
    return lambda text, codec: anonymous_text(text, words, codec=codec, is_calendar=is_calendar)


def _undeclared(text: str, words: Words, codec: str) -> str:
    """Text that may be HTML all the same."""
    if _HTML.match(text):
        return anonymous_html(text, words, codec=codec)
    return anonymous_text(text, words, codec=codec)


def _parts(body: bytes, boundary: bytes, words: Words, depth: int) -> Iterator[bytes]:
    """What is before the first boundary, the parts, what is behind the last, and the lines between them."""
    opens, closes = b"--" + boundary, b"--" + boundary + b"--"
    piece: list[bytes] = []
    is_part = False
    for line in body.splitlines(keepends=True):
        if (stripped := line.rstrip()) in (opens, closes):
            yield _piece(b"".join(piece), words, depth, is_part=is_part)
            yield line
            piece, is_part = [], stripped == opens
        else:
            piece.append(line)
    yield _piece(b"".join(piece), words, depth, is_part=is_part)


def _piece(content: bytes, words: Words, depth: int, *, is_part: bool) -> bytes:
    return _entity(content, words, depth=depth + 1) if is_part else words.content(content, None)


def _blocks(content: bytes, words: Words) -> bytes:
    """Blocks of headers between blank lines."""
    return b"".join(
        piece if at % 2 else anonymous_head(piece, words) for at, piece in enumerate(_BLANK_LINES.split(content))
    )


def _recoded(body: bytes, encoding: str, change: Callable[[bytes], bytes]) -> bytes:
    """The body with its content changed, in the same transfer encoding and with the same line ends."""
    line_end = b"\r\n" if b"\r\n" in body else b"\n"
    tail = body[len(body.rstrip(b"\r\n")) :]
    if encoding == "base64":
        try:
            content = binascii.a2b_base64(body)
        except binascii.Error:
            return body.translate(_EMPTY_BASE64)
        return base64.encodebytes(change(content)).rstrip(b"\n").replace(b"\n", line_end) + tail
    if encoding == "quoted-printable":
        content = change(quopri.decodestring(body[: len(body) - len(tail)]))
        written = quopri.encodestring(content.replace(b"\r\n", b"\n"))
        return written.replace(b"\n", line_end) + tail
    return change(body)
