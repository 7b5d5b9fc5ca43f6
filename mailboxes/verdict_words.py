"""Why a mail has or would have its verdict, in words. The layer above registers who knows; nothing here imports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Words = Callable[[str, Mapping[str, Any]], str]
_words: list[Words] = []


def register_verdict_words(words: Words) -> None:
    """`verdict_words` asks this function; call it from `AppConfig.ready`."""
    _words[:] = [words]


def verdict_words(code: str, data: Mapping[str, Any]) -> str:
    """The sentence of this reason and the values it names; "" when there is nothing to say."""
    return _words[0](code, data) if _words else ""
