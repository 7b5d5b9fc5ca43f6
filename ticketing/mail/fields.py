"""Header blocks: split into fields, and the Content-Type and Content-Disposition fields taken apart."""

import re
from typing import NamedTuple

from helpdesk.lib.text import clean_text
from ticketing.mail.budget import Budget
from ticketing.mail.charset import decode
from ticketing.mail.encoded_words import decode_words_verbatim, unfold
from ticketing.mail.remarks import RemarkCode, remark

Fields = list[tuple[str, str]]

_FIELD = re.compile(r"([!-9;-~\x80-\U0010ffff]+)[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\n]*)*)(?:\n|\Z)")
_NEXT_FIELD = re.compile(rb"\n(?=[^ \t])")
_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_PARAMETER = re.compile(r";?\s{0,99}([^\s=;\"]{1,99})\s{0,99}=\s{0,99}(\"(?:[^\"\\]|\\.)*\"?|[^;]*)")
_TYPE = re.compile(r"\s*([\w.+-]+)\s*/\s*([\w.+-]+)")
_SIMPLE_TYPE = re.compile(r"([\w+-]+/[\w.+-]+)(?:; ?charset=\"?([\w-]+)\"?)?\Z")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CONTINUATION = re.compile(r"^([^*]+)\*(?:(\d{1,3})(\*)?)?$")
_MAX_VALUE = 16 * 1024


class Value(NamedTuple):
    """A structured field: its first word and its parameters."""

    main: str  # lower-cased, such as "text/plain" or "attachment"; "" when unreadable
    parameters: dict[str, str]  # names lower-cased, values decoded


def split_block(block: bytes, *, budget: Budget, hint: str | None = None) -> tuple[Fields, int]:
    """The fields of a header block in order, and how many bytes of it turned out to be body (a missing blank line).

    hint: the charset to try for raw 8-bit values.
    """
    original, size = block, len(block)
    is_short = size <= budget.limits.header_bytes
    if not is_short:
        block = _shorten(block, budget)
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    text = clean_text(_as_text(block, budget, hint))
    fields: Fields = []
    position, end = 0, len(text)
    while position < end:
        match = _FIELD.match(text, position)
        if match:
            fields.append((match[1], unfold(match[2])))
            position = match.end()
            continue
        line_end = _LINE.match(text, position).end()  # type: ignore[union-attr] # matches every position
        line = text[position:line_end].strip()
        if line and not _is_stray(line, fields, text, line_end):
            budget.defect(remark(RemarkCode.NO_EMPTY_LINE))
            if not is_short:  # where the body starts in the original is known no more
                return _within(fields, budget), 0 if fields else size
            return _within(fields, budget), size - _offset(original, text.count("\n", 0, position))
        position = line_end
    return _within(fields, budget), 0


def _offset(block: bytes, lines: int) -> int:
    """Where the block goes on after that many lines; its line ends may be of two kinds."""
    return sum(len(line) + 1 for line in block.split(b"\n", lines)[:lines])


def _within(fields: Fields, budget: Budget) -> Fields:
    if len(fields) > budget.limits.headers:
        left_out = len(fields) - budget.limits.headers
        budget.note_cut(remark(RemarkCode.TOO_MANY_HEADERS, left_out=left_out, total=len(fields)))
        del fields[budget.limits.headers :]
    return fields


def _shorten(block: bytes, budget: Budget) -> bytes:
    """Cuts each field at a quarter of the limit, so that one endless To leaves room for the Subject after it."""
    share = budget.limits.header_bytes // 4
    kept: list[bytes] = []
    room, position = budget.limits.header_bytes, 0
    while position < len(block) and room > 0:
        following = _NEXT_FIELD.search(block, position)
        end = following.start() if following else len(block)
        kept.append(block[position : min(end, position + share, position + room)])
        room -= len(kept[-1]) + 1
        position = end + 1
    dropped = len(block) - sum(map(len, kept)) - len(kept)
    budget.note_cut(remark(RemarkCode.HEADER_TOO_LONG, left_out_bytes=dropped, total_bytes=len(block)))
    return b"\n".join(kept)


def _as_text(block: bytes, budget: Budget, hint: str | None) -> str:
    if block.isascii():
        return block.decode("ascii")
    budget.defect(remark(RemarkCode.RAW_HEADER))
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError:
        lines = block.split(b"\n")
        return "\n".join(decode(line, hint, default=hint)[0] if not line.isascii() else line.decode() for line in lines)


def _is_stray(line: str, fields: Fields, text: str, position: int) -> bool:
    """True for a line that is neither field nor body: mbox lines, and rubbish between two fields."""
    if line.startswith(("From ", ">From ")):
        return True
    following = _FIELD.match(text, position)
    return bool(fields) and following is not None and "-" in following[1] + "-"[: following[1].istitle()]


def charset_hint(raw: bytes) -> str | None:
    """The first charset that the top of the mail names, other than ASCII and UTF-8."""
    for match in _CHARSET.finditer(raw, 0, 65536):
        name = match[1].decode("ascii").lower()
        if name not in ("us-ascii", "ascii", "utf-8", "utf8"):
            return name
    return None


def parse_value(value: str) -> Value:
    """Main word and parameters of Content-Type or Content-Disposition; RFC 2231 and sloppy forms are decoded."""
    simple = _SIMPLE_TYPE.match(value)
    if simple:
        return Value(simple[1].lower(), {"charset": simple[2]} if simple[2] else {})
    value = value[:_MAX_VALUE]
    head, _, rest = value.partition(";")
    if "(" in head:
        head = _COMMENT.sub("", head)
    found = _TYPE.match(head)
    main = f"{found[1]}/{found[2]}".lower() if found else head.strip().strip("\"'").lower()
    if found and "=" in head[found.end() :]:  # "multipart/mixed boundary=x": the semicolon is missing
        rest = f"{head[found.end() :]};{rest}"
    elif not found and "=" in head:
        main, rest = "", value
    return Value(main.split()[0] if main.strip() else "", _parameters(rest))


def _parameters(rest: str) -> dict[str, str]:
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(rest):
        name, value = match[1].lower().strip("'"), _unquote(match[2])
        continued = _CONTINUATION.match(name) if "*" in name else None
        if continued is None:
            plain.setdefault(name, value)
        else:
            number = int(continued[2] or 0)
            is_encoded = bool(continued[3]) or continued[2] is None
            pieces.setdefault(continued[1], {}).setdefault(number, (value, is_encoded))
    for name, numbered in pieces.items():
        plain[name] = _join_2231(numbered)
    return {name: decode_words_verbatim(value) for name, value in plain.items()}


def _unquote(value: str) -> str:
    value = value.strip()
    if value.startswith('"'):
        value = value[1:].removesuffix('"')
        return _ESCAPE.sub(r"\1", value) if '\\"' in value or "\\\\" in value else value
    return value


def _join_2231(numbered: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 sections 3 and 4: pieces in order of their numbers, charset and language named in the first."""
    charset = None
    joined = b""
    for place, number in enumerate(sorted(numbered)):
        value, is_encoded = numbered[number]
        if place == 0 and is_encoded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        joined += _percent(value) if is_encoded else value.encode("utf-8", "surrogateescape")
    return decode(joined, charset or None)[0]


def _percent(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogateescape")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), raw)
