"""The files of a mail as they are kept: its attachments, and a stand-in for a mail that could not be had or read."""

from __future__ import annotations

from dataclasses import dataclass

from ticketing.inbound.envelope import Envelope
from ticketing.inbound.policy.opening import megabytes
from ticketing.mail.values import Attachment
from ticketing.services.blobs import Content

ORIGINAL_NAME = "original.eml"
ORIGINAL_TYPE = "message/rfc822"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One row of the message's attachments."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str  # "" where there are no bytes: a placeholder
    is_inline: bool = False
    content_id: str = ""
    note: str = ""


def files_of(envelope: Envelope) -> list[KeptFile]:
    """The rows, in the mail's order; the stand-in for the mail itself first."""
    kept = [_kept(attachment) for attachment in envelope.mail.attachments]
    delivery = envelope.delivery
    if delivery.is_header_only:
        note = (
            f"This mail has {megabytes(delivery.size_bytes)}, the mailbox takes {megabytes(delivery.limit_bytes)}."
            " Only its headers were fetched."
        )
        return [KeptFile(ORIGINAL_NAME, ORIGINAL_TYPE, delivery.size_bytes, "", note=note), *kept]
    if envelope.mail.error is not None:
        note = "This mail could not be read. This is the original."
        return [KeptFile(ORIGINAL_NAME, ORIGINAL_TYPE, delivery.size_bytes, delivery.sha256, note=note), *kept]
    return kept


def contents_of(envelope: Envelope, *, original: bytes) -> list[Content]:
    """The bytes behind the rows."""
    contents = [Content(attachment.sha256, attachment.content) for attachment in envelope.mail.attachments]
    is_kept = envelope.mail.error is not None and not envelope.delivery.is_header_only
    return [*contents, Content(envelope.delivery.sha256, original)] if is_kept else contents


def _kept(attachment: Attachment) -> KeptFile:
    return KeptFile(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size_bytes=attachment.size_bytes,
        sha256=attachment.sha256,
        is_inline=attachment.inline,
        content_id=attachment.content_id or "",
        note=attachment.note,
    )
