"""Placeholders in the words of automatic answers, as `{{ ticket.number }}`. Pure; their values come from outside.

Nothing that a sender wrote is ever among the values: whoever can make us write to a stranger must not choose the words.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Collection, Mapping

_PLACEHOLDER = re.compile(r"\{\{(?:\s|&nbsp;)*([^{}]*?)(?:\s|&nbsp;)*\}\}")  # as an editor writes blanks
_TAG = re.compile(r"<[^<>]*>")


def unknown_in(text: str, *, known: Collection[str]) -> list[str]:
    """What stands between double braces and is no placeholder, as written, in order, each once."""
    return [name for name in dict.fromkeys(_PLACEHOLDER.findall(text)) if name not in known]


def broken_in(text: str) -> list[str]:
    """Where braces open without closing, or something stands among them: what is there, to be named in an error."""
    rest = _PLACEHOLDER.sub("", text)
    return [_TAG.sub("", rest[at.start() : at.start() + 24]).strip() for at in re.finditer(r"\{\{|\}\}", rest)]


def fill(text: str, values: Mapping[str, str], *, is_html: bool = False) -> str:
    """The text with every placeholder filled; one without a value leaves nothing behind."""

    def value_of(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        return html_entities.escape(value) if is_html else value

    return _PLACEHOLDER.sub(value_of, text)
