"""The files of what was written here, as rows of its message."""

from __future__ import annotations

from collections.abc import Sequence

from ticketing.models import Attachment, Message
from ticketing.outbound.content import SentFile


def attach(files: Sequence[SentFile], *, message: Message) -> None:
    """The message has these files: what a draft held becomes its own, what was pasted gets a row. In the caller's
    transaction."""
    Attachment.objects.bulk_create(_row(sent, message=message) for sent in files if sent.attachment_id is None)
    for sent in files:
        if sent.attachment_id is not None:
            Attachment.objects.filter(pk=sent.attachment_id).update(
                message=message, draft=None, is_inline=bool(sent.file.content_id), content_id=sent.file.content_id
            )


def _row(sent: SentFile, *, message: Message) -> Attachment:
    return Attachment(
        message=message,
        blob_id=sent.blob_id,
        filename=sent.file.filename,
        content_type=sent.file.content_type[:127],
        size_bytes=len(sent.file.content),
        is_inline=bool(sent.file.content_id),
        content_id=sent.file.content_id,
        created_at=message.created_at,
    )
