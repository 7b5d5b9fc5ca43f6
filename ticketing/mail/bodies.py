"""Which parts of the tree are the text a person reads, and which are files (RFC 2046, RFC 3676)."""

import html as html_escape
import re
from dataclasses import dataclass, field

from ticketing.mail.budget import Budget
from ticketing.mail.charset import decode
from ticketing.mail.encoded_words import decode_words_verbatim
from ticketing.mail.fields import Value, parse_value
from ticketing.mail.remarks import RemarkCode, remark
from ticketing.mail.structure import Part
from ticketing.mail.transfer import decode_transfer, looks_like_base64

_TEXT_TYPES = frozenset(
    {"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "application/xhtml+xml"}
)
_LOOKS_LIKE_HTML = re.compile(
    r"\s*(?:<!--.{0,200}?-->\s*)?<(?:!doctype\s+html|html|body|head|div|table|meta)\b", re.IGNORECASE | re.DOTALL
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]{2,40})", re.IGNORECASE)
_ENRICHED_TAG = re.compile(r"</?[A-Za-z-]{1,60}>")


@dataclass(slots=True)
class Block:
    """A piece of the readable body: the same words as text, as HTML, or both."""

    text: str | None = None
    html: str | None = None


@dataclass(slots=True)
class Content:
    """The tree sorted into what is read and what is kept as a file."""

    blocks: list[Block] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


def disposition(part: Part) -> Value:
    """The Content-Disposition taken apart."""
    value = part.get("content-disposition")
    return parse_value(value) if value else Value("", {})


def file_name(part: Part, shown: Value) -> str:
    """The name the mail gives the part, decoded but not made safe; "" when it gives none."""
    name = shown.parameters.get("filename") or part.content_type.parameters.get("name") or shown.parameters.get("name")
    return decode_words_verbatim(name) if name else ""


def sort_parts(part: Part, *, budget: Budget, default_charset: str | None = None) -> Content:
    """Bodies decoded, in the order of the mail; everything else listed as files, undecoded."""
    content = Content()
    if _may_be_read(part):  # the only part is the body, whatever its name
        content.blocks.append(read_body(part, budget=budget, default_charset=default_charset))
        return content
    _sort(part, content, budget, default_charset)
    if not content.blocks and (named := next(filter(_may_be_read, content.files), None)):
        content.blocks.append(read_body(named, budget=budget, default_charset=default_charset))
    return content


def _sort(part: Part, content: Content, budget: Budget, default: str | None) -> None:
    if budget.is_out_of_time():
        return
    if part.type == "multipart/alternative" and part.children:
        _sort_alternative(part, content, budget, default)
    elif part.children:
        for child in part.children:
            _sort(child, content, budget, default)
    elif _is_body(part):
        content.blocks.append(read_body(part, budget=budget, default_charset=default))
    elif part.start < part.end or file_name(part, disposition(part)):
        content.files.append(part)


def _sort_alternative(part: Part, content: Content, budget: Budget, default: str | None) -> None:
    inner = Content()
    for child in part.children:
        _sort(child, inner, budget, default)
    content.files.extend(inner.files)
    texts = [
        block.text for block in inner.blocks if block.text is not None and block.html is None and block.text.strip()
    ]
    htmls = [block.html for block in inner.blocks if block.html and block.html.strip()]
    if texts or htmls:
        content.blocks.append(Block(texts[0] if texts else None, "\n".join(htmls) or None))


def _is_text(part: Part) -> bool:
    return part.type in _TEXT_TYPES and not part.children and not part.is_opaque


def _may_be_read(part: Part) -> bool:
    return _is_text(part) and disposition(part).main != "attachment"


def _is_body(part: Part) -> bool:
    if not _is_text(part):
        return False
    shown = disposition(part)
    return shown.main != "attachment" and not file_name(part, shown)


def read_body(part: Part, *, budget: Budget, default_charset: str | None = None) -> Block:
    """The part as readable text or HTML, decoded, with line feeds only, at most the limit's characters."""
    encoding = part.get("content-transfer-encoding") or ""
    view = part.body
    if encoding and encoding[:6].lower() == "base64" and not looks_like_base64(view):
        budget.defect(remark(RemarkCode.NOT_BASE64))
        encoding = ""
    data = decode_transfer(view, encoding, budget=budget) if encoding else _plain(view, budget)
    charset = part.content_type.parameters.get("charset")
    if not charset and part.type == "text/html" and not data.isascii():
        meta = _META_CHARSET.search(data, 0, 4096)
        charset = meta[1].decode("ascii") if meta else None
    text, defect = decode(data, charset, default=default_charset)
    if defect:
        budget.defect(defect)
    return _as_block(part, _within(_line_feeds(text), budget), budget)


def _plain(view: memoryview, budget: Budget) -> bytes:
    return decode_transfer(view, "8bit", budget=budget)


def _line_feeds(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return text


def _within(text: str, budget: Budget) -> str:
    limit = budget.limits.text_chars
    if len(text) > limit:
        budget.note_cut(remark(RemarkCode.BODY_TOO_LONG, chars=len(text), limit=limit))
        return text[:limit]
    return text


def _as_block(part: Part, text: str, budget: Budget) -> Block:
    if part.type in ("text/html", "application/xhtml+xml"):
        return Block(None, text)
    if not part.declared_type and _LOOKS_LIKE_HTML.match(text):
        budget.defect(remark(RemarkCode.HTML_WITHOUT_TYPE))
        return Block(None, text)
    if part.type in ("text/enriched", "text/richtext"):
        return Block(_ENRICHED_TAG.sub("", text.replace("<<", "<")), None)
    parameters = part.content_type.parameters
    if parameters.get("format", "").lower() == "flowed":
        text = unflow(text, is_delsp=parameters.get("delsp", "").lower() == "yes")
    return Block(text, None)


def unflow(text: str, *, is_delsp: bool) -> str:
    """Flowed lines (RFC 3676) joined into paragraphs; quote depth and signature separator stay."""
    lines: list[str] = []
    pending, depth = "", 0
    for line in text.split("\n"):
        stripped = line.lstrip(">")
        level = len(line) - len(stripped)
        stripped = stripped.removeprefix(" ") if level or stripped.startswith(" ") else stripped
        if pending and level != depth:
            lines.append(_quoted(depth, pending.rstrip()))
            pending = ""
        depth = level
        if stripped == "-- ":
            if pending:
                lines.append(_quoted(level, pending.rstrip()))
            lines.append(_quoted(level, stripped))
            pending = ""
        elif stripped.endswith(" ") and len(pending) < 100_000:
            pending += stripped[:-1] if is_delsp else stripped
        else:
            lines.append(_quoted(level, pending + stripped))
            pending = ""
    if pending:
        lines.append(_quoted(depth, pending.rstrip()))
    return "\n".join(lines)


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}".rstrip() if depth else text


def join_blocks(blocks: list[Block]) -> tuple[str | None, str | None]:
    """All blocks one after another, as text and as HTML; None where no block has that form.

    The text is None as soon as a block has HTML alone: the caller makes it from the HTML then.
    """
    filled = [block for block in blocks if (block.text or block.html or "").strip()]
    html = None
    if any(block.html for block in filled):
        html = "\n".join(block.html or _text_as_html(block.text or "") for block in filled)
    if any(block.text is None or not block.text.strip() for block in filled):
        return None, html
    text = "\n\n".join((block.text or "").strip("\n") for block in filled)
    return text, html


def _text_as_html(text: str) -> str:
    return "<div>" + html_escape.escape(text.strip("\n")).replace("\n", "<br>\n") + "</div>"
