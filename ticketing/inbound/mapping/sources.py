"""The parts of a mail that fields can take, as text. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from helpdesk.lib.text import clean_line, clean_text
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.mapping.rules import Copy
from ticketing.models.mapping import Moment, Source


def text_of(copy: Copy, envelope: Envelope) -> str:
    """What the mail has there; "" for nothing."""
    mail, source = envelope.mail, copy.source
    if source is Source.SUBJECT:
        return envelope.subject
    if source is Source.BODY:
        new = mail.reply_text.strip() if copy.when is Moment.UPDATE else ""
        return clean_text(new or mail.text.strip())
    if source is Source.SENDER_NAME:
        return envelope.sender_name
    if source is Source.SENDER_ADDRESS:
        return envelope.sender
    if source in (Source.TO, Source.CC):
        return ", ".join(_people(envelope, header=source.value))
    if source is Source.HEADER:
        return clean_line(mail.header(copy.header) or "")
    return "\n".join(_names(envelope, images=source is Source.IMAGES))


def _people(envelope: Envelope, *, header: str) -> Iterable[str]:
    for each in envelope.recipients:
        if each.header == header:
            yield f"{each.name} <{each.address}>" if each.name else each.address


def _names(envelope: Envelope, *, images: bool) -> Iterable[str]:
    for file in envelope.mail.attachments:
        if file.content_type.startswith("image/") == images and (images or not file.inline):
            yield clean_line(file.filename)
