"""What is new in a mail: the text's own marks first, the HTML's when the text shows none."""

from ticketing.mail.quote_text import TextSplit, split_text
from ticketing.mail.values import DEFAULT_LIMITS, Limits


def split_body(text: str, html: str | None, *, limits: Limits = DEFAULT_LIMITS) -> TextSplit:
    """The plain text in its three pieces, for folding."""
    return split_text(text, limits=limits)
