"""Text that every store accepts: used by the mail parser and by whatever writes outside text into a column."""

import re

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

_SLASH = re.compile(r"[/\\]")
_PATH = re.compile(r"(?:[A-Za-z]:|file:|\.{1,2})?[/\\]|[A-Za-z]{2,8}://")


def clean_text(text: str) -> str:
    """The text without NUL and lone surrogates, which PostgreSQL refuses; line breaks and the rest stay."""
    if text.isascii() and "\x00" not in text:
        return text
    return _REFUSED.sub("", text)


def clean_line(text: str) -> str:
    """The text on one line: runs of control characters and line breaks become one space, ends are stripped."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _CONTROLS.sub(" ", text).strip()


def clean_filename(name: str, *, max_length: int) -> str:
    """A name to show and to offer for download: no path, no control or direction characters, the ending kept when cut.

    Empty when nothing is left; the caller invents a name then.
    """
    line = _HIDDEN.sub("", _CONTROLS.sub("_", name.strip()))
    if _PATH.match(line):
        line = _SLASH.split(line)[-1]
    line = _SLASH.sub("_", line).strip().lstrip(".").strip()
    if len(line) <= max_length:
        return line
    stem, dot, ending = line.rpartition(".")
    if not dot or len(ending) > 12:
        return line[:max_length]
    return f"{stem[: max_length - len(ending) - 1]}.{ending}"


def word_set(words: str) -> frozenset[str]:
    """The words of a table written as one string, as a set."""
    return frozenset(words.split())
