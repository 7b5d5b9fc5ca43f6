"""Files put into a draft: their bytes once in storage, a row of the draft each."""

from __future__ import annotations

import hashlib
import uuid
from typing import IO

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_filename
from ticketing.mail.filetypes import sniff_type
from ticketing.models import Attachment, DraftMode, Ticket
from ticketing.outbound.content import IMAGE_TYPES, store_blobs
from ticketing.services.drafts import draft_for_files

MAX_FILE_MB = 25
MAX_FILES = 50
_MB = 1024 * 1024


def add_file(
    ticket: Ticket, *, author: Membership, mode: DraftMode, file: IO[bytes], name: str, is_inline: bool = False
) -> Attachment:
    """The file belongs to the author's draft of this mode. is_inline: an image inside the text.

    Raises DomainError: too_large, too_many, no_image, storage_down.
    """
    data = file.read(MAX_FILE_MB * _MB + 1)
    filename = clean_filename(name, max_length=150) or "file"
    if len(data) > MAX_FILE_MB * _MB:
        sentence = _("“%(name)s” is too large. The limit is %(limit)d MB.") % {"name": filename, "limit": MAX_FILE_MB}
        raise DomainError(sentence, code="too_large")
    content_type = sniff_type(data, declared="", filename=filename)
    if is_inline and content_type not in IMAGE_TYPES:
        raise DomainError(_("Only PNG, JPEG, GIF and WebP images can stand in the text."), code="no_image")
    draft = draft_for_files(ticket, author=author, mode=mode)
    if draft.attachments.count() >= MAX_FILES:
        raise DomainError(_("A message takes at most %d files.") % MAX_FILES, code="too_many")
    sha256 = hashlib.sha256(data).hexdigest()
    attachment: Attachment = Attachment.objects.create(
        draft=draft,
        blob_id=store_blobs({sha256: data})[sha256],
        filename=filename,
        content_type=content_type[:127],
        size_bytes=len(data),
        is_inline=is_inline,
        created_at=clock.now(),
    )
    return attachment


def remove_file(ticket: Ticket, *, author: Membership, public_id: uuid.UUID) -> None:
    """The file is no longer in the author's draft; nothing happens to files of others or of messages."""
    Attachment.objects.filter(
        public_id=public_id, message=None, draft__ticket=ticket, draft__membership=author
    ).delete()
