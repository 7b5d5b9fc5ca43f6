"""What of a mail's text its message keeps: the whole, or of an answer the new text alone, where that is set."""

from __future__ import annotations

from dataclasses import dataclass

from ticketing.inbound.envelope import Envelope
from ticketing.mail.quote_html import split_html

_REMOTE = "data-remote-src="  # how sanitised HTML holds a remote image back


@dataclass(frozen=True, slots=True)
class KeptText:
    """The text as the message stores it."""

    text: str
    html: str
    remote_images: int
    left_out: bool = False  # what the mail quotes


def kept_text(envelope: Envelope, *, drops_quotes: bool) -> KeptText:
    """The text of the mail. Nothing is left out of a mail that quotes all it has to say, such as one handed on."""
    mail = envelope.mail
    if not (drops_quotes and mail.quoted_text and mail.reply_text.strip()):
        return KeptText(mail.text, envelope.html.html, envelope.html.remote_images)
    html = split_html(envelope.html.html)
    # Where the HTML does not show what is quoted, its text does, and alone is kept.
    new = html.new if html.quoted else ""
    return KeptText(mail.reply_text, new, new.count(_REMOTE), left_out=True)
