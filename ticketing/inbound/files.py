"""The files of a mail as they are kept: its attachments, and a stand-in for a mail that could not be had or read."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ticketing.inbound.envelope import Delivery, Envelope
from ticketing.inbound.mapping.rules import FileRule
from ticketing.mail.values import Attachment
from ticketing.models import KeptNote
from ticketing.services.blobs import Content

_LOGO_BYTES = 50_000
_LOGO_NAME = re.compile(
    r"^image\d{1,4}\.|logo|signature|linkedin|facebook|twitter|instagram|youtube|xing", re.IGNORECASE
)
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
    note: str = ""  # a code: FileNote of the parser, or KeptNote
    note_values: Mapping[str, object] = field(default_factory=dict)


def files_of(envelope: Envelope) -> list[KeptFile]:
    """The rows, in the mail's order; the stand-in for the mail itself first."""
    kept = [_kept(attachment, envelope.keeping) for attachment in envelope.mail.attachments]
    delivery = envelope.delivery
    if delivery.is_header_only:
        return [_too_large(delivery), *kept]
    if envelope.mail.error is not None:
        return [_unreadable(delivery), *kept]
    return kept


def without_repeats(files: Iterable[KeptFile], *, known: Container[str]) -> list[KeptFile]:
    """The rows, small images noted that came with an earlier mail, as the logos of signatures do.

    known: hashes of the contents that were kept before this mail.
    """
    return [
        replace(file, note=KeptNote.REPEATED_IMAGE.value) if _may_be_logo(file) and file.sha256 in known else file
        for file in files
    ]


def _may_be_logo(file: KeptFile) -> bool:
    """A small image under the message that a mail program has named, or that the text could show."""
    is_small = file.content_type.startswith("image/") and 0 < file.size_bytes <= _LOGO_BYTES
    is_named = bool(file.content_id or _LOGO_NAME.search(file.filename))
    return is_small and is_named and not file.is_inline and not file.note


def contents_of(envelope: Envelope, *, original: bytes) -> list[Content]:
    """The bytes behind the rows."""
    contents = [Content(attachment.sha256, attachment.content) for attachment in envelope.mail.attachments]
    is_kept = envelope.mail.error is not None and not envelope.delivery.is_header_only
    return [*contents, Content(envelope.delivery.sha256, original)] if is_kept else contents


def _too_large(delivery: Delivery) -> KeptFile:
    sizes = {"size_bytes": delivery.size_bytes, "limit_bytes": delivery.limit_bytes}
    note = KeptNote.MAIL_TOO_LARGE.value
    return KeptFile(ORIGINAL_NAME, ORIGINAL_TYPE, delivery.size_bytes, "", note=note, note_values=sizes)


def _unreadable(delivery: Delivery) -> KeptFile:
    note = KeptNote.MAIL_UNREADABLE.value
    return KeptFile(ORIGINAL_NAME, ORIGINAL_TYPE, delivery.size_bytes, delivery.sha256, note=note)


def _kept(attachment: Attachment, keeping: FileRule) -> KeptFile:
    """The row of a file; one that the mailbox does not keep is named, without its bytes."""
    refusal = keeping.refusal(attachment)
    if refusal:
        note, values = KeptNote.LEFT_OUT.value, {"why": refusal}
        name, size = attachment.filename, attachment.size_bytes
        return KeptFile(name, attachment.content_type, size, "", note=note, note_values=values)
    return KeptFile(
        filename=attachment.filename,
        content_type=attachment.content_type,
        size_bytes=attachment.size_bytes,
        sha256=attachment.sha256,
        is_inline=attachment.inline,
        content_id=attachment.content_id or "",
        note=attachment.note.value if attachment.note else "",
    )
