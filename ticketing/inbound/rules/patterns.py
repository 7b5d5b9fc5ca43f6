"""Patterns that people write: RE2, which needs time in proportion to the text whatever the pattern. Pure.

Python's own regular expressions can need longer than the universe has: one careless rule would stop all intake.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import re2

MAX_PATTERN_CHARS = 500
_MAX_MEMORY = 4 * 1024 * 1024  # of one compiled pattern; beyond it RE2 refuses it, or goes slower but still in line


class PatternRefused(ValueError):
    """It is no pattern; the text says why, in the words of RE2."""


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: bytes) -> Match | None:
        """The first place where it matches."""


class Match(Protocol):
    """A place where a pattern matches."""

    def group(self) -> bytes:
        """What stands there."""


@lru_cache(maxsize=2000)
def compile_pattern(text: str) -> Pattern:
    """The pattern, in any case. Raises PatternRefused."""
    if len(text) > MAX_PATTERN_CHARS:
        raise PatternRefused(f"longer than {MAX_PATTERN_CHARS} characters")
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        pattern: Pattern = re2.compile(_bytes(text), options)
    except re2.error as error:
        said = error.args[0] if error.args else b""
        raise PatternRefused(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
    return pattern


def found_by(pattern: Pattern, text: bytes) -> str | None:
    """What the pattern matches in the text; None if it does not."""
    match = pattern.search(text)
    return match.group().decode("utf-8", "replace") if match is not None else None


def as_wildcards(text: str) -> str:
    """The pattern for a whole text in which a star stands for anything."""
    return "^(?s:" + ".*".join(re2.escape(part) for part in text.split("*")) + ")$"


def searched(text: str) -> bytes:
    """The text as patterns search it."""
    return _bytes(text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
