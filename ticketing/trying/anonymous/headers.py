"""The header block of a mail or of a part: names, order and folding stay, and what servers wrote for programs."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from email.utils import parsedate_tz
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ticketing.trying.anonymous.words import Words

_MBOX = b"From "  # the line that a mailbox file puts above a mail
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_ENCODED = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
# A reply or forward prefix in any of the languages that mail programs have.
_PREFIXES = re.compile(r"\s*(?:[^\W\d_]{1,5}(?:\[\d{1,3}\])?\s?:\s*){1,20}")
_KNOWN_PREFIX = re.compile(
    r"(?:re|aw|antw|sv|vs|rv|ref|res|rif|r|odp|ynt|fw|fwd|wg|vl|vb|enc|tr|doorst|pd|i|tm)(?=[\[\s:])", re.IGNORECASE
)
_PARAMETER = re.compile(r"(?<![^\s;])([^\s;=\"]+)(\s*=\s*)(\"(?:\\.|[^\"\\])*\"|[^;\s]*)")
_TYPE = re.compile(r"\s*[\w!#$&^.+-]+(?:/[\w!#$&^.+-]+)?\s*(?=;|$)")
_EXTENDED = re.compile(r"([\w.:-]*)'([\w-]*)'(.*)", re.DOTALL)
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}(?=\"?$)")
_DATES = frozenset({"date", "resent-date", "delivery-date", "arrival-date", "last-attempt-date", "expires"})
_TYPED = frozenset({"content-type", "content-disposition"})
_STAYING = frozenset(
    "boundary charset type format delsp report-type protocol micalg method version reply-type smime-type "
    "creation-date modification-date read-date size".split()
)
_NUMBERED = frozenset(
    "content-transfer-encoding mime-version precedence auto-submitted x-auto-response-suppress x-autoreply "
    "x-autorespond importance priority x-priority x-msmail-priority x-spam-flag x-spam-status x-spam-level "
    "x-spam-score action status diagnostic-code final-recipient original-recipient disposition feedback-type version "
    "x-ms-exchange-organization-scl lines content-length".split()
)
_WORDED = frozenset(
    "authentication-results arc-authentication-results received-spf x-forefront-antispam-report "
    "reporting-mta remote-mta list-unsubscribe-post return-path".split()
)
_MACHINE_WORDS = frozenset(
    """
    bulk list junk normal high low urgent auto generated replied notified no yes true false all oof dr rn nrn
    autoreply 7bit 8bit base64 quoted printable binary failed delayed delivered relayed expanded rfc822 smtp lmtp
    esmtp esmtps esmtpsa vacation http https mapi dns x500 unix manual automatic action mdn sent manually
    automatically displayed deleted denied processed error abuse fraud virus other not spam score required tests
    version ham sfv skb sks blk scl bcl spm skn nspm spf dkim dmarc arc pass fail none softfail neutral temperror
    permerror bestguesspass policy header from mailfrom reply reason quarantine reject by with for id oneclick one
    click
    """.split()
)


def anonymous_head(head: bytes, words: Words) -> bytes:
    """The block with other values; line ends and what cannot be a header stay in their places."""
    return b"".join(_field(field, words) for field in fields_of(head))


def fields_of(head: bytes) -> Iterator[bytes]:
    """Each header with its folded lines, as bytes."""
    field = b""
    for line in head.splitlines(keepends=True):
        if field and not line.startswith((b" ", b"\t")):
            yield field
            field = b""
        field += line
    if field:
        yield field


def header_value(head: bytes, name: str) -> str:
    """The first value of this name (lower-cased), on one line; "" when there is none."""
    wanted = f"{name}:".encode()
    for field in fields_of(head):
        before, colon, value = field.partition(b":")
        if before.strip().lower() + colon == wanted:
            return " ".join(value.decode("latin-1").split())
    return ""


def _field(field: bytes, words: Words) -> bytes:
    match = _FIELD.match(field)
    if match is None:
        kept = _MBOX if field.startswith(_MBOX) else b""
        return kept + words.content(field[len(kept) :], None)
    name = match[0][:-1].strip().lower().decode("ascii")
    return match[0] + words.content(field[match.end() :], None, lambda text, codec: _value(name, text, words, codec))


def _value(name: str, text: str, words: Words, codec: str) -> str:
    if name in _DATES and parsedate_tz(text):
        return text
    if name == "received":
        way, mark, date = text.rpartition(";")
        date = date if parsedate_tz(date) else words.text(date, codec=codec)
        return words.text(way, codec=codec, kept=_MACHINE_WORDS) + mark + date
    if name in _TYPED:
        return _typed(text, words, codec)
    if name == "subject":
        kept = _prefixes(text)
        return text[:kept] + _plain(text[kept:], words, codec)
    if name in _NUMBERED or name in _WORDED:
        return words.text(text, codec=codec, kept=_MACHINE_WORDS, keeps_digits=name in _NUMBERED)
    return _plain(text, words, codec)


def _prefixes(subject: str) -> int:
    """How many characters of it are Re:, Fwd: and the like."""
    found = _PREFIXES.match(subject)
    if found is None:
        return 0
    pieces = [piece.strip() for piece in found[0].split(":")[:-1]]
    return found.end() if all(_KNOWN_PREFIX.match(f"{piece}:") for piece in pieces) else 0


def _plain(text: str, words: Words, codec: str) -> str:
    """Text and encoded words."""
    pieces: list[str] = []
    last = 0
    for match in _ENCODED.finditer(text):
        pieces += [words.text(text[last : match.start()], codec=codec), _encoded(match, words)]
        last = match.end()
    return "".join([*pieces, words.text(text[last:], codec=codec)])


def _encoded(match: re.Match[str], words: Words) -> str:
    charset, how, payload = match[1], match[2], match[3]
    changed = words.content(_payload(how, payload), charset.partition("*")[0])
    if how in "bB":
        written = binascii.b2a_base64(changed, newline=False).decode("ascii")
    else:
        written = "".join("_" if byte == 0x20 else _quoted(byte) for byte in changed)
    return f"=?{charset}?{how}?{written}?="


def _payload(how: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if how in "qQ":
        return binascii.a2b_qp(raw, header=True)
    try:
        return binascii.a2b_base64(raw + b"==")
    except binascii.Error:
        return b"x" * (len(raw) * 3 // 4)


def _quoted(byte: int) -> str:
    letter = chr(byte)
    return letter if letter.isascii() and letter.isalnum() else f"={byte:02X}"


def _typed(text: str, words: Words, codec: str) -> str:
    """A type and its parameters: those that tell the structure stay."""
    kind = _TYPE.match(text)
    last = kind.end() if kind else 0
    pieces = [text[:last]]
    for match in _PARAMETER.finditer(text, last):
        pieces += [_plain(text[last : match.start()], words, codec), match[1], match[2]]
        stays = match[1].lower().partition("*")[0] in _STAYING
        pieces.append(match[3] if stays else _parameter(match[3], words, codec))
        last = match.end()
    return "".join([*pieces, _plain(text[last:], words, codec)])


def _parameter(value: str, words: Words, codec: str) -> str:
    """A file name or the like; its ending stays."""
    ending = _ENDING.search(value)
    stem, rest = (value[: ending.start()], value[ending.start() :]) if ending else (value, "")
    extended = _EXTENDED.fullmatch(stem)
    if extended:
        return f"{extended[1]}'{extended[2]}'{_percent(extended[3], extended[1], words)}{rest}"
    if "%" in stem and '"' not in stem:
        return _percent(stem, "utf-8", words) + rest
    return _plain(stem, words, codec) + rest


def _percent(text: str, charset: str, words: Words) -> str:
    return quote_from_bytes(words.content(unquote_to_bytes(text), charset), safe="'")
