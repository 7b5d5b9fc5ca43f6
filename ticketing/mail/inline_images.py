"""Which attachments the HTML body shows itself, by Content-ID, Content-Location or file name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import unquote

from ticketing.mail.values import Attachment

_REFERENCE = re.compile(
    r"(?:src|background|href)\s{0,9}=\s{0,9}[\"']?\s{0,9}(cid:[^\"'\s>]{1,500}|[^\"'\s>:]{1,200}\.(?:png|jpe?g|gif|bmp|webp|svg)|https?://[^\"'\s>]{1,500})"
    r"|url\(\s{0,9}[\"']?(cid:[^\"')]{1,500})",
    re.IGNORECASE,
)
_MAX_REFERENCES = 2000


def mark_inline(attachments: list[Attachment], html: str | None) -> tuple[Attachment, ...]:
    """The attachments in their order; those that the HTML refers to are inline, the others stay files of their own."""
    if not html or not attachments:
        return tuple(attachments)
    wanted = references(html)
    if not wanted:
        return tuple(attachments)
    return tuple(replace(item, inline=True) if _keys(item) & wanted else item for item in attachments)


def inline_finder(attachments: Sequence[Attachment]) -> Callable[[str], Attachment | None]:
    """Finds the attachment that an image source of the HTML names (`cid:…`, a file name or a location), or None."""
    by_key: dict[str, Attachment] = {}
    for item in attachments:
        for key in _keys(item):
            by_key.setdefault(key, item)
    return lambda reference: by_key.get(_normal(reference))


def references(html: str) -> frozenset[str]:
    """What the HTML's images refer to, normalised, at most 2,000 of them."""
    found: set[str] = set()
    for match in _REFERENCE.finditer(html):
        found.add(_normal(match[1] or match[2]))
        if len(found) >= _MAX_REFERENCES:
            break
    return frozenset(found)


def _keys(item: Attachment) -> set[str]:
    keys = {f"cid:{item.content_id.lower()}"} if item.content_id else set()
    if item.content_location:
        keys.add(_normal(item.content_location))
    if item.content_type.startswith("image/"):
        # Some programs write cid:NAME or just NAME although the part has another id or none.
        keys |= {item.filename.lower(), f"cid:{item.filename.lower()}"}
    return keys


def _normal(reference: str) -> str:
    text = unquote(reference).strip().lower()
    return f"cid:{text[4:].strip('<> ')}" if text.startswith("cid:") else text.removeprefix("./")
