"""What is new in a mail: the marks of its text first, then those that mail programs leave in the HTML."""

from ticketing.mail.html_text import html_to_text
from ticketing.mail.quote_html import split_html
from ticketing.mail.quote_text import TextSplit, split_text
from ticketing.mail.values import DEFAULT_LIMITS, Limits


def split_body(
    text: str, html: str | None, *, is_from_html: bool = False, limits: Limits = DEFAULT_LIMITS
) -> TextSplit:
    """The text in its three pieces: new, quoted, signature.

    is_from_html: the text was made from the HTML, whose own marks are then surer than words.
    """
    if html and is_from_html:
        return _by_html(html, limits) or split_text(text, limits=limits)
    split = split_text(text, limits=limits)
    if html and not split.quoted and len(text) > len(split.new) // 2:
        return _by_html(html, limits) or split
    return split


def _by_html(html: str, limits: Limits) -> TextSplit | None:
    pieces = split_html(html)
    if not pieces.quoted:
        return None
    new = split_text(html_to_text(pieces.new), limits=limits)
    below = html_to_text(pieces.quoted)
    quoted = f"{new.quoted}\n\n{below}" if new.quoted else below
    return TextSplit(new.new, quoted, new.signature)
