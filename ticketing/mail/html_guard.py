"""Keeps hostile HTML away from the parsers: they are exact but take quadratic time on what no mail program writes."""

import html as html_entities
import re
from itertools import islice

from helpdesk.lib.text import word_set

_FEW_TAGS = 1000
_MAX_DEPTH = 600
_MAX_COPIES = 400_000
_MAX_ATTRIBUTES = 2000  # of one tag
MAX_HTML_CHARS = 2_000_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,11})")
_ATTRIBUTE = re.compile(r"""[^\s/=>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?""")
_OPENING = re.compile(r"""<[a-zA-Z](?:[^>"']+|"[^"]*"|'[^']*')*""")
_TAG_INSIDE = re.compile(r"""(?:[^>"']+|"[^"]*"|'[^']*')*""")
_ANY_TAG = re.compile(r"<[^<>]*>")
_DROPPED = re.compile(r"<(script|style|title)\b[^<>]*>[^<]*(?:<(?!/\1)[^<]*)*", re.IGNORECASE)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*>", re.IGNORECASE)
# Without an end tag, or closed by their next sibling: they do not nest.
_FLAT = word_set(
    """
    area base br col dd dt embed hr img input li link meta o option p param source st1 tbody td th thead tr track v
    w wbr
    """
)
# HTML's formatting elements: left open, the parser copies each of them into every following paragraph.
_FORMATTING = word_set(
    """
    a b big code em font i nobr s small strike strong tt u
    """
)


def is_tangled(html: str) -> bool:
    """True when a standard HTML parser would take too long.

    Too large, too deep, too many attributes in one tag, or too many formats left open.
    """
    if len(html) > MAX_HTML_CHARS or _has_endless_tag(html):
        return True
    if html.count("<") <= _FEW_TAGS:
        return False
    depth = formats = copies = 0
    for closing, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _FORMATTING:
            formats = max(formats - 1, 0) if closing else formats + 1
        copies += formats
        if tag not in _FLAT:
            depth = max(depth - 1, 0) if closing else depth + 1
            if depth > _MAX_DEPTH:
                return True
    return copies > _MAX_COPIES


def _has_endless_tag(html: str) -> bool:
    """True if a tag may have more attributes than allowed; the parser compares each with all before it."""
    if len(html) <= 2 * _MAX_ATTRIBUTES:
        return False
    # With quotes as quotes, which may hold a `<`; and without, since a stray one opens nothing.
    if any(_has_many(tag[0]) for tag in _OPENING.finditer(html)):
        return True
    return any(_is_endless(piece) for piece in html.split("<")[1:] if len(piece) > 2 * _MAX_ATTRIBUTES)


def _is_endless(piece: str) -> bool:
    """True if what stands behind a `<` has too many attributes up to where its tag certainly ends."""
    end = _TAG_INSIDE.match(piece)
    inside = piece[: end.end()] if end and piece[end.end() : end.end() + 1] == ">" else piece
    return _has_many(inside)


def _has_many(inside: str) -> bool:
    """True if this has more attributes than allowed."""
    if len(inside) <= 2 * _MAX_ATTRIBUTES:
        return False
    return next(islice(_ATTRIBUTE.finditer(inside), _MAX_ATTRIBUTES, None), None) is not None


def text_without_parser(html: str) -> str:
    """The words of tangled HTML, by leaving out whatever looks like a tag; at most MAX_HTML_CHARS are read."""
    text = _DROPPED.sub(" ", html[:MAX_HTML_CHARS])
    text = _ANY_TAG.sub(" ", _BREAKS.sub("\n", text))
    return html_entities.unescape(text).strip()
