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
from mailboxes.services.sending.outgoing_servers import server_for, size_limit_bytes
from mailboxes.services.sending.primary import answering_mailbox
from ticketing.mail.compose import size_in_mail
from ticketing.mail.filetypes import sniff_type
from ticketing.models import Attachment, Draft, DraftMode, Ticket
from ticketing.outbound.content import IMAGE_TYPES, store_blobs
from ticketing.queries.composer import newest_mail
from ticketing.services.drafts import draft_for_files

MAX_FILE_MB = 25
MAX_FILES = 50
_MB = 1024 * 1024


def add_file(
    ticket: Ticket, *, author: Membership, mode: DraftMode, file: IO[bytes], name: str, is_inline: bool = False
) -> Attachment:
    """The file belongs to the author's draft of this mode. is_inline: an image inside the text.

    Raises DomainError: too_large, too_many, no_image, storage_down. Refused, the draft and its files stay as they are.
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
    _refuse_overweight(draft, ticket=ticket, name=filename, size_bytes=len(data))
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


def _refuse_overweight(draft: Draft, *, ticket: Ticket, name: str, size_bytes: int) -> None:
    """Raises DomainError (too_large) where the mail would be more than its server takes with this file as well."""
    mailbox = answering_mailbox(ticket.mailbox) if draft.mode != DraftMode.NOTE else None
    server = server_for(mailbox) if mailbox is not None else None
    if server is None:
        return
    limit = size_limit_bytes(server)
    total = sum(map(size_in_mail, [*_sizes_of(draft, ticket=ticket), size_bytes]))
    if total > limit:
        sentence = _(
            "With “%(name)s” this mail would have %(size).1f MB; %(host)s takes at most %(limit).1f MB. "
            "Take another file out, or send it in a mail of its own."
        )
        numbers = {"size": total / _MB, "limit": limit / _MB, "host": server.label, "name": name}
        raise DomainError(sentence % numbers, code="too_large")


def _sizes_of(draft: Draft, *, ticket: Ticket) -> list[int]:
    """Of the files that go along as it stands; an image that is not in the saved text may have been taken out."""
    own = [
        file.size_bytes for file in draft.attachments.all() if not file.is_inline or file.public_id.hex in draft.html
    ]
    original = draft.answers or newest_mail(ticket) if draft.mode == DraftMode.FORWARD else None
    if original is None:
        return own
    return [
        *own,
        *original.attachments.filter(is_inline=False, blob__isnull=False).values_list("size_bytes", flat=True),
    ]
