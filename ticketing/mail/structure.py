"""The MIME tree of a mail (RFC 2045, 2046): where each part begins and ends, without copying or decoding any of it."""

import re
from dataclasses import dataclass, field

from ticketing.mail.budget import Budget
from ticketing.mail.fields import Fields, Value, charset_hint, parse_value, split_block
from ticketing.mail.remarks import RemarkCode, remark

_GUESSED_BOUNDARY = re.compile(
    rb"^--([^\s\-][^\r\n]{0,200}?|-[^\r\n]{1,200}?)[ \t]{0,9}\r?\nContent-", re.MULTILINE | re.IGNORECASE
)
_LEADING_BLANK = re.compile(rb"(?:[ \t]*\r?\n)*")
_NO_VALUE = Value("", {})


@dataclass(slots=True)
class Part:
    """One node of the tree; `raw[start:end]` is its body as it stands in the mail."""

    raw: bytes
    fields: Fields
    start: int
    end: int
    content_type: Value
    declared_type: str  # "" when the header is missing or unreadable
    children: list["Part"] = field(default_factory=list)
    is_opaque: bool = False  # a multipart beyond the depth limit, kept as one lump

    def get(self, name: str) -> str | None:
        """The first field of that lower-case name."""
        for key, value in self.fields:
            if key.lower() == name:
                return value
        return None

    @property
    def type(self) -> str:
        """The media type in effect, lower-cased."""
        return self.content_type.main

    @property
    def body(self) -> memoryview:
        """The body's bytes, still in their transfer encoding."""
        return memoryview(self.raw)[self.start : self.end]


def read_tree(raw: bytes, *, budget: Budget) -> Part:
    """The tree of the whole mail; broken multiparts are read as far as they make sense.

    Deeper or more parts than the limits allow stay in their parent's lump and are named in `budget.cut`.
    """
    raw = _usable_line_ends(raw, budget)
    start = _LEADING_BLANK.match(raw).end()  # type: ignore[union-attr] # matches the empty string too
    return _read_part(raw, start, len(raw), depth=0, default="text/plain", budget=budget)


def walk(part: Part) -> list[Part]:
    """All parts without children, in the order of the mail."""
    if not part.children:
        return [part]
    return [leaf for child in part.children for leaf in walk(child)]


def _usable_line_ends(raw: bytes, budget: Budget) -> bytes:
    head = raw[:4096]
    if b"\r\r\n" in head:
        budget.defect(remark(RemarkCode.LINES_CR_CR_LF))
        return raw.replace(b"\r\r\n", b"\r\n")
    if b"\r" in head and b"\n" not in head:
        budget.defect(remark(RemarkCode.LINES_CR))
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return raw


def _read_part(raw: bytes, start: int, end: int, *, depth: int, default: str, budget: Budget) -> Part:
    fields, body = read_fields(raw, start, end, budget=budget)
    part = Part(raw, fields, body, end, _NO_VALUE, "")
    declared = part.get("content-type")
    if declared is not None:
        part.content_type = parse_value(declared)
        part.declared_type = part.type if "/" in part.type else ""
    if not part.declared_type:
        part.content_type = _without_type(part, default, budget)
    if part.type.startswith("multipart/"):
        _read_children(part, depth, budget)
    return part


def _without_type(part: Part, default: str, budget: Budget) -> Value:
    main = part.type
    if main:
        budget.defect(remark(RemarkCode.CONTENT_TYPE_INVALID, declared=main[:60]))
    guessed = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(main, default)
    if main and guessed == default and part.get("content-disposition"):
        guessed = "application/octet-stream"
    return Value(guessed, part.content_type.parameters)


def read_fields(raw: bytes, start: int, end: int, *, budget: Budget) -> tuple[Fields, int]:
    """The header fields of the part that starts here, and where its body starts."""
    if raw.startswith((b"\n", b"\r\n"), start):
        return [], min(start + (1 if raw[start] == 10 else 2), end)
    crlf = raw.find(b"\n\r\n", start, end)
    lf = raw.find(b"\n\n", start, end if crlf < 0 else crlf)
    if lf >= 0:
        block_end, body = lf + 1, lf + 2
    elif crlf >= 0:
        block_end, body = crlf + 1, crlf + 3
    else:
        block_end, body = end, end
    block = raw[start:block_end]
    hint = None if block.isascii() else charset_hint(raw)
    fields, overrun = split_block(block, budget=budget, hint=hint)
    if overrun:
        body = max(block_end - overrun, start)
    return fields, body


def _read_children(part: Part, depth: int, budget: Budget) -> None:
    limits = budget.limits
    if depth >= limits.depth:
        budget.note_cut(remark(RemarkCode.NESTED_TOO_DEEP, levels=limits.depth))
        part.is_opaque = True
        return
    pieces = _split(part, budget)
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    for start, end in pieces:
        if budget.is_out_of_time():
            break
        budget.parts_left -= 1
        part.children.append(_read_part(part.raw, start, end, depth=depth + 1, default=default, budget=budget))


def _split(part: Part, budget: Budget) -> list[tuple[int, int]]:
    boundary = part.content_type.parameters.get("boundary", "").rstrip()
    pieces = _pieces(part, boundary.encode("utf-8", "surrogateescape"), budget) if boundary else []
    if pieces:
        return pieces
    guessed = _GUESSED_BOUNDARY.search(part.raw, part.start, part.end)
    if guessed:
        budget.defect(remark(RemarkCode.BOUNDARY_GUESSED))
        return _pieces(part, guessed[1], budget)
    budget.defect(remark(RemarkCode.MULTIPART_WITHOUT_PARTS))
    part.content_type = Value("text/plain", part.content_type.parameters)
    return []


def _pieces(part: Part, boundary: bytes, budget: Budget) -> list[tuple[int, int]]:
    raw, end = part.raw, part.end
    delimiter = b"--" + boundary
    pieces: list[tuple[int, int]] = []
    open_at = -1
    is_closed = False
    position = part.start
    while (found := raw.find(delimiter, position, end)) >= 0:
        position = found + len(delimiter)
        line_end = _after_delimiter(raw, position, end)
        if line_end < 0 or (found > part.start and raw[found - 1] not in b"\r\n"):
            continue
        if open_at >= 0:
            pieces.append((open_at, _before(raw, found, open_at)))
        if len(pieces) >= budget.parts_left:
            left = raw.count(b"\n" + delimiter, found, end)
            budget.note_cut(remark(RemarkCode.TOO_MANY_PARTS, limit=budget.limits.parts, left_out=left))
            return pieces
        is_closed = raw.startswith(b"--", position)
        open_at = -1 if is_closed else line_end
        position = line_end
    if open_at >= 0:
        pieces.append((open_at, end))
    if not is_closed and pieces:
        budget.defect(remark(RemarkCode.MULTIPART_NOT_CLOSED))
    return pieces


def _after_delimiter(raw: bytes, position: int, end: int) -> int:
    """Where the line after the delimiter starts, or -1 when the line goes on and so is no delimiter."""
    if raw.startswith(b"--", position):
        position += 2
    line_end = raw.find(b"\n", position, end)
    line_end = end if line_end < 0 else line_end
    if line_end - position > 100 or raw[position:line_end].strip():
        return -1
    return min(line_end + 1, end)


def _before(raw: bytes, delimiter: int, start: int) -> int:
    # RFC 2046 section 5.1.1: the line break before the delimiter belongs to the delimiter.
    if delimiter > start and raw[delimiter - 1] == 10:
        delimiter -= 1
    if delimiter > start and raw[delimiter - 1] == 13:
        delimiter -= 1
    return delimiter
