"""What a message says, ready for the thread: new text, what it quotes, how many remote images were left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from ticketing.mail.quote_html import split_html
from ticketing.mail.quote_text import split_text
from ticketing.mail.reading_html import in_our_type, text_in_our_type
from ticketing.mail.rich_text import is_blank
from ticketing.models import Attachment, Message, MessageKind
from ticketing.queries.files import image_in
from ticketing.queries.remote_images import image_address

MAX_CHARS = 200_000  # of one body on the page; the original has the rest
LONG_CHARS = 6_000  # beyond this it is shown shut
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Body:
    """One message's text as safe HTML in our type."""

    new: SafeString
    quoted: SafeString  # folded below it, with the signature; "" when there is none
    blocked: int  # remote images that are not shown
    is_cut: bool
    is_long: bool


def body_of(message: Message, *, files: Iterable[Attachment], shows_remote: bool = False) -> Body:
    """The body; files: the message's attachments, for the images inside the text."""
    if message.html and len(message.html) <= MAX_CHARS:
        body = _html_body(message, files=files, shows_remote=shows_remote)
        if body is not None:
            return body
    split = split_text(message.text[:MAX_CHARS])
    below = "\n\n".join(part for part in (split.signature, split.quoted) if part)
    new = split.new or (below and not split.new and message.text[:MAX_CHARS]) or ""
    return _body(
        text_in_our_type(new),
        text_in_our_type(below if split.new else ""),
        is_cut=max(len(message.text), len(message.html)) > MAX_CHARS,
    )


def _html_body(message: Message, *, files: Iterable[Attachment], shows_remote: bool) -> Body | None:
    """None when nothing of the HTML is left to see."""
    is_own = message.kind in (MessageKind.OUTBOUND, MessageKind.NOTE)
    source = _source(image_in(files), shows_remote=shows_remote)
    split = split_html(message.html)
    new = in_our_type(split.new, image_url=source) if not is_own else in_our_type(message.html, image_url=source)
    quoted = in_our_type(split.quoted, image_url=source) if split.quoted and not is_own else ""
    if is_blank(new) and is_blank(quoted):
        return None
    blocked = 0 if shows_remote else message.remote_images
    return _body(new or quoted, quoted if new else "", blocked=blocked)


def _source(inside: Callable[[str], str | None], *, shows_remote: bool) -> Callable[[str], str | None]:
    def source(reference: str) -> str | None:
        if reference.lower().startswith(("http://", "https://")):
            return image_address(reference) if shows_remote else None
        return inside(reference)

    return source


def _body(new: str, quoted: str, *, blocked: int = 0, is_cut: bool = False) -> Body:
    return Body(
        new=mark_safe(new),  # noqa: S308  cleaned by in_our_type or escaped by text_in_our_type
        quoted=mark_safe(quoted),  # noqa: S308  likewise
        blocked=blocked,
        is_cut=is_cut,
        is_long=len(_TAG.sub("", new)) > LONG_CHARS,
    )
