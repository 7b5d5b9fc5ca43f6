"""Header lines as they may be sent: folded at 78, never over 998, nothing a value says can begin a line of its own.

The standard library is not used for this: it turns long ids of References into encoded words, which no reader undoes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import idna

from ticketing.mail.values import Address

FOLD_CHARS = 78  # RFC 5322 section 2.1.1
MAX_ID_CHARS = 900
MAX_REFERENCES_CHARS = 1500  # relays were seen to refuse header blocks over 4,096
MAX_ADDRESS_CHARS = 254
_WORD_BYTES = 42  # of UTF-8 in one encoded word, which then has at most 75 characters (RFC 2047 section 2)
_PARAMETER_CHARS = 60

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ID = re.compile(rf"[!-;=?-~]{{1,{MAX_ID_CHARS}}}")  # printable ASCII but angle brackets
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_UNQUOTED_LOCAL = re.compile(r"[^\s\x00-\x20\x7f-\xa0\"(),:;<>@\[\\\]]+")
_QUOTED_LOCAL = re.compile(r"\"(?:[^\"\\\x00-\x1f\x7f]|\\[\"\\])+\"")
_PLAIN_FILENAME = re.compile(r"[A-Za-z0-9 !#$&'()+,.;=@^_`{}~-]{1,60}")


class Unsendable(ValueError):
    """A value cannot stand in a header: CR, LF, NUL or another control character, or an address that is none."""


def text_line(name: str, value: str) -> bytes:
    """An unstructured header such as Subject; other scripts become encoded words. Raises Unsendable."""
    _refuse_controls(value)
    words = value.split(" ")
    is_plain = value.isascii() and "=?" not in value and max(map(len, words)) < FOLD_CHARS - len(name)
    return folded(name, words if is_plain else encoded_words(value))


def address_line(name: str, addresses: Sequence[Address]) -> bytes:
    """To, Cc, From or Reply-To. Raises Unsendable."""
    last = len(addresses) - 1
    pieces: list[str] = []
    for position, address in enumerate(addresses):
        comma = "," if position < last else ""
        pieces += [*_phrase(address.name), f"<{header_address(address.address)}>{comma}"]
    return folded(name, pieces)


def ids_line(name: str, ids: Iterable[str]) -> bytes:
    """Message-ID, In-Reply-To or References; ids without angle brackets. Raises Unsendable."""
    wanted = list(ids)
    if not all(is_sendable_id(message_id) for message_id in wanted):
        raise Unsendable(f"{name} holds what is no message id.")
    return folded(name, [f"<{message_id}>" for message_id in wanted])


def parameter_line(name: str, value: str, *, parameters: Sequence[tuple[str, str]]) -> bytes:
    """A structured header with parameters, in the forms of RFC 2231 where they need it. Raises Unsendable."""
    _refuse_controls(value)
    pieces = [piece for parameter, text in parameters for piece in _parameter(parameter, text)]
    return folded(name, [f"{piece};" for piece in [value, *pieces][:-1]] + [[value, *pieces][-1]])


def is_sendable_id(message_id: str) -> bool:
    """True if this may stand between angle brackets; foreign mail brings ids that may not."""
    return _ID.fullmatch(message_id) is not None


def trimmed_references(references: Iterable[str]) -> tuple[str, ...]:
    """The first id and as many of the last as fit in 1,500 characters; what is no id is left out, each stands once."""
    ids = list(dict.fromkeys(reference for reference in references if is_sendable_id(reference)))
    if not ids:
        return ()
    first, room, kept = ids[0], MAX_REFERENCES_CHARS - len(ids[0]), list[str]()
    for message_id in reversed(ids[1:]):
        room -= len(message_id) + 3
        if room < 0 and kept:
            break
        kept.append(message_id)
    return (first, *reversed(kept))


def header_address(address: str) -> str:
    """The address with its domain in IDNA; a local part of other scripts stays as it is (RFC 6532).

    Raises Unsendable.
    """
    local, _, domain = address.rpartition("@")
    if not (_UNQUOTED_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        raise Unsendable("This is not an e-mail address.")
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise Unsendable("This is not an e-mail address.") from error
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f.:]+\]", ascii_domain):
        raise Unsendable("This is not an e-mail address.")
    if len(f"{local}@{ascii_domain}".encode()) > MAX_ADDRESS_CHARS:
        raise Unsendable("This e-mail address is too long.")
    return f"{local}@{ascii_domain}"


def encoded_words(value: str) -> list[str]:
    """The text as encoded words (RFC 2047), UTF-8 in base64, cut between characters."""
    words: list[str] = []
    piece = b""
    for character in value:
        raw = character.encode()
        if len(piece) + len(raw) > _WORD_BYTES:
            words.append(_encoded_word(piece))
            piece = b""
        piece += raw
    return [*words, _encoded_word(piece)]


def folded(name: str, words: Sequence[str]) -> bytes:
    """`name: words`, broken before words so that lines have at most 78 characters where words allow it."""
    lines, start = list[str](), f"{name}:"
    line = start
    for word in words:
        if word and line.strip() and line != start and len(line) + 1 + len(word) > FOLD_CHARS:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]).encode() + b"\r\n"


def _phrase(name: str) -> list[str]:
    _refuse_controls(name)
    name = name.strip()
    if not name:
        return []
    if not name.isascii() or "=?" in name or len(name) > _PARAMETER_CHARS:
        return encoded_words(name)
    if _ATOMS.fullmatch(name):
        return name.split()
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def _parameter(name: str, value: str) -> list[str]:
    _refuse_controls(value)
    if _PLAIN_FILENAME.fullmatch(value):
        return [f'{name}="{value}"']
    encoded = quote(value, safe="!#$&+.^_`|~-", encoding="utf-8")
    if len(encoded) <= _PARAMETER_CHARS:
        return [f"{name}*=utf-8''{encoded}"]
    pieces = _cut_percent(encoded)
    charset = ["utf-8''", *[""] * len(pieces)]
    return [f"{name}*{number}*={charset[number]}{piece}" for number, piece in enumerate(pieces)]


def _cut_percent(encoded: str) -> list[str]:
    """Pieces of at most 60 characters, never cut inside a %XX."""
    pieces = []
    while encoded:
        end = _PARAMETER_CHARS
        while len(encoded) > end and "%" in encoded[end - 2 : end]:
            end -= 1
        pieces.append(encoded[:end])
        encoded = encoded[end:]
    return pieces


def _encoded_word(piece: bytes) -> str:
    return f"=?utf-8?B?{base64.b64encode(piece).decode('ascii')}?="


def _refuse_controls(value: str) -> None:
    if _CONTROLS.search(value):
        raise Unsendable("A header must not hold line breaks or control characters.")
