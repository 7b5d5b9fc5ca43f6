"""Keeps hostile HTML away from the parsers: they are exact but take quadratic time on what no mail program writes."""

import html as html_entities
import re

from helpdesk.lib.text import word_set

_FEW_TAGS = 1000
_MAX_DEPTH = 600
_MAX_COPIES = 400_000
MAX_HTML_CHARS = 2_000_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,11})")
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
    """True when a standard HTML parser would take too long: too large, too deep, or too many formats left open."""
    if len(html) > MAX_HTML_CHARS:
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


def text_without_parser(html: str) -> str:
    """The words of tangled HTML, by leaving out whatever looks like a tag; at most MAX_HTML_CHARS are read."""
    text = _DROPPED.sub(" ", html[:MAX_HTML_CHARS])
    text = _ANY_TAG.sub(" ", _BREAKS.sub("\n", text))
    return html_entities.unescape(text).strip()
