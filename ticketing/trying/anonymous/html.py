"""HTML with other words: elements, names of attributes, classes and styles stay, texts and addresses do not.

Read piece by piece in one pass, as broken as it may be; nothing is mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketing.trying.anonymous.texts import anonymous_text
from ticketing.trying.anonymous.words import Words

_LONGEST_TAG = 10_000  # a longer one is text
_STYLE = re.compile(r"<style\b", re.IGNORECASE)
_STYLE_ENDS = re.compile(r"</style", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![^\s\"'/])([^\s\"'>/=]+)(\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s>]+)")
_NAME = re.compile(r"</?[A-Za-z!?][\w:.!?-]*")
_SCHEME = re.compile(r"[\"']?(?:https?|mailto|cid|data|tel|ftp|file):", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#(?:x[0-9a-f]{1,8}|\d{1,8})|[A-Za-z][A-Za-z0-9]{1,31});", re.IGNORECASE)
_STAYING = frozenset(
    "class id dir lang type width height align valign color bgcolor border cellpadding cellspacing colspan "
    "rowspan face size http-equiv charset rel media target xmlns role start".split()
)
_ADDRESS_IN_STYLE = re.compile(r"(?<=url\()[^)]*", re.IGNORECASE)
_CHARSET = re.compile(r"[\"']?\s*text/html\s*;\s*charset=[\w-]{1,40}\s*[\"']?", re.IGNORECASE)


def anonymous_html(text: str, words: Words, *, codec: str) -> str:
    """The HTML with other words."""
    return "".join(_pieces(text, words, codec))


def _pieces(text: str, words: Words, codec: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        opens = text.find("<", at)
        if opens < 0:
            opens = len(text)
        yield _written(text[at:opens], words, codec)
        if opens == len(text):
            return
        at = _end(text, opens)
        yield _markup(text[opens:at], words, codec)


def _end(text: str, opens: int) -> int:
    """Where the comment, the tag, or the style that begins here ends; the end of the text if nowhere."""
    if text.startswith("<!--", opens):
        return _behind(text, "-->", opens + 4)
    closes = _behind(text, ">", opens)
    if not _STYLE.match(text, opens):
        return closes
    end = _STYLE_ENDS.search(text, closes)
    return end.start() if end else len(text)


def _behind(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return found + len(mark) if found >= 0 else len(text)


def _markup(piece: str, words: Words, codec: str) -> str:
    if _STYLE.match(piece):
        return _style(piece, words, codec)
    name = _NAME.match(piece)
    if piece.startswith("<!--") or name is None or len(piece) > _LONGEST_TAG:
        return words.text(piece, codec=codec)
    pieces, last = [name[0]], name.end()
    for match in _ATTRIBUTE.finditer(piece, last):
        pieces += [piece[last : match.start(3)], _attribute(match[1].lower(), match[3], words, codec)]
        last = match.end()
    return "".join([*pieces, piece[last:]])


def _attribute(name: str, value: str, words: Words, codec: str) -> str:
    if name == "style":
        return _style(value, words, codec)
    if name in _STAYING or (name == "content" and _CHARSET.fullmatch(value)):
        return value
    scheme = _SCHEME.match(value)
    kept = scheme.end() if scheme else 0
    return value[:kept] + _written(value[kept:], words, codec)


def _style(text: str, words: Words, codec: str) -> str:
    """The style without the addresses that it names."""
    return _ADDRESS_IN_STYLE.sub(lambda match: words.text(match[0], codec=codec), text)


def _written(text: str, words: Words, codec: str) -> str:
    """Text between tags; letters that are written as numbers become an x."""
    pieces: list[str] = []
    last = 0
    for match in _ENTITY.finditer(text):
        pieces += [anonymous_text(text[last : match.start()], words, codec=codec), _entity(match[0])]
        last = match.end()
    return "".join([*pieces, anonymous_text(text[last:], words, codec=codec)])


def _entity(entity: str) -> str:
    if not entity.startswith("&#"):
        return entity
    digits = entity[2:-1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return "&#120;" if code < 0x110000 and chr(code).isalnum() else entity
