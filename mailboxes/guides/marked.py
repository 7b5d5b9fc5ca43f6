"""The two marks of a guide's texts as HTML."""

from __future__ import annotations

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from mailboxes.guides.parts import Text

_DOT = mark_safe(".<wbr>")  # where a long name may break
_MARK = re.compile(r"\*\*(?P<clicked>[^*]+)\*\*|`(?P<typed>[^`]+)`")


def marked(text: Text) -> SafeString:
    """The text with what is clicked in bold and what is typed as code; everything in it is escaped."""
    return format_html_join("", "{}", ((piece,) for piece in _pieces(str(text))))


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    end = 0
    for found in _MARK.finditer(text):
        pieces.append(text[end : found.start()])
        pieces.append(_as_html(found))
        end = found.end()
    return [*pieces, text[end:]]


def _as_html(found: re.Match[str]) -> SafeString:
    if found["clicked"]:
        return format_html("<b>{}</b>", found["clicked"])
    parts = ((part,) for part in found["typed"].split("."))
    return format_html("<code>{}</code>", format_html_join(_DOT, "{}", parts))
