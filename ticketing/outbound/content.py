"""What an agent wrote, made ready: sanitised HTML, its plain text, and the files that go along, bytes included.

Reads and writes storage, so it comes before the transaction that records the message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from helpdesk.lib import clock, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import OutgoingServer
from mailboxes.services.sending.outbox import refuse_too_large
from ticketing.mail.compose import OutgoingFile, size_in_mail
from ticketing.mail.filetypes import sniff_type
from ticketing.mail.rich_text import clean_rich_text, is_blank, plain_text
from ticketing.models import Attachment, Blob
from ticketing.services import blobs

IMAGE_TYPES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
MAX_IMAGE_BYTES = 10 * 1024 * 1024
_DATA_URL = re.compile(r"data:image/[a-z.+-]{1,20};base64,([A-Za-z0-9+/=\s]+)\Z", re.IGNORECASE)
_PUBLIC_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class SentFile:
    """A file that goes along: its row's columns and its bytes."""

    attachment_id: int | None  # a row that is taken over; None: a new row is made
    blob_id: int
    file: OutgoingFile


@dataclass(frozen=True)
class Content:
    """A message body that may be stored and sent."""

    html: str  # sanitised; images as cid: links to `files`
    text: str
    files: tuple[SentFile, ...] = field(repr=False)


@dataclass
class _Images:
    """Which image of the editor becomes which part of the mail."""

    attachments: Sequence[Attachment]
    used: dict[int, str] = field(default_factory=dict)  # attachment id to content id
    pasted: dict[str, OutgoingFile] = field(default_factory=dict)  # by SHA-256

    def source(self, reference: str) -> str | None:
        """The `cid:` link, or web address, in place of what the editor has."""
        if match := _DATA_URL.match(reference):
            return self._pasted(match[1])
        attachment = self._named(reference)
        if attachment is None:
            return reference if reference.lower().startswith(("http://", "https://")) else None
        self.used[attachment.id] = attachment.content_id or f"{attachment.public_id.hex}@postroom"
        return f"cid:{self.used[attachment.id]}"

    def _named(self, reference: str) -> Attachment | None:
        named = {uuid.UUID(text) for text in _PUBLIC_ID.findall(reference)}
        content_id = reference[4:] if reference.lower().startswith("cid:") else None
        for attachment in self.attachments:
            if attachment.public_id in named or (content_id and attachment.content_id == content_id):
                return attachment
        return None

    def _pasted(self, encoded: str) -> str | None:
        if len(encoded) > MAX_IMAGE_BYTES * 4 // 3 + 4:
            raise DomainError(_("A pasted image is larger than 10 MB. Attach it as a file."), code="image_too_large")
        try:
            data = base64.b64decode(encoded)
        except binascii.Error:
            return None
        content_type = sniff_type(data, declared="", filename="")
        if content_type not in IMAGE_TYPES:
            return None
        sha256 = hashlib.sha256(data).hexdigest()
        content_id = f"{sha256[:32]}@postroom"
        self.pasted[sha256] = OutgoingFile(
            filename=f"image-{sha256[:8]}.{IMAGE_TYPES[content_type]}",
            content_type=content_type,
            content=data,
            content_id=content_id,
        )
        return f"cid:{content_id}"


def make_content(
    html: str,
    *,
    attachments: Sequence[Attachment],
    new_files: Sequence[OutgoingFile] = (),
    server: OutgoingServer | None = None,
) -> Content:
    """The content with every file it needs; images pasted into the text are stored now.

    attachments: rows of the draft are taken over, those of another message are copied; those inside the text that it no
    longer shows are left out. new_files: what has no row yet. server: what it leaves by, None for what stays here; no
    file is read of a mail that the server would not take. Inside the caller's scope.
    Raises DomainError: empty, image_too_large, too_large, file_missing, storage_down.
    """
    prefetch_related_objects(list(attachments), "blob")
    images = _Images(attachments)
    clean = clean_rich_text(html, image=images.source)
    kept = [a for a in attachments if a.id in images.used or not a.is_inline]
    if is_blank(clean) and not kept and not new_files:
        raise DomainError(_("Write something first."), code="empty")
    text, added = plain_text(clean), [*images.pasted.values(), *new_files]
    if server is not None:
        sizes = [*(a.blob.size_bytes for a in kept if a.blob is not None), *(len(file.content) for file in added)]
        refuse_too_large(server, size_bytes=len(clean) + len(text) + sum(map(size_in_mail, sizes)))
    sent = [
        SentFile(
            attachment_id=attachment.id if attachment.message_id is None else None,
            blob_id=attachment.blob.id,
            file=_outgoing(attachment, blob=attachment.blob, content_id=images.used.get(attachment.id, "")),
        )
        for attachment in kept
        if attachment.blob is not None
    ]
    return Content(html=clean, text=text, files=(*sent, *stored_files(added)))


def stored_files(new_files: Sequence[OutgoingFile]) -> list[SentFile]:
    """The files, their bytes in storage; no rows of them yet. Raises DomainError (storage_down)."""
    hashes = [hashlib.sha256(file.content).hexdigest() for file in new_files]
    blob_ids = store_blobs({sha256: file.content for sha256, file in zip(hashes, new_files, strict=True)})
    return [
        SentFile(attachment_id=None, blob_id=blob_ids[sha256], file=file)
        for sha256, file in zip(hashes, new_files, strict=True)
    ]


def store_blobs(contents: Mapping[str, bytes]) -> dict[str, int]:
    """Blob ids by SHA-256; each content is stored once. Raises DomainError (storage_down)."""
    known = blobs.known_blobs(contents)
    missing = [blobs.Content(sha256, data) for sha256, data in contents.items() if sha256 not in known]
    if not missing:
        return known
    try:
        keys = blobs.write_contents(missing, organization_id=required_organization_id())
    except files.StorageDown as error:
        raise DomainError(_("The files could not be stored. Try again in a moment."), code="storage_down") from error
    sizes = {content.sha256: len(content.data) for content in missing}
    try:
        with transaction.atomic():
            return known | blobs.add_blobs(keys, sizes=sizes, at=clock.now())
    except IntegrityError:  # somebody stored the same file meanwhile
        files.discard(keys.values())
        return known | blobs.known_blobs(sizes)


def _outgoing(attachment: Attachment, *, blob: Blob, content_id: str) -> OutgoingFile:
    try:
        data = files.read(blob.storage_key)
    except FileNotFoundError as error:
        sentence = _("The file “%(name)s” is missing in storage. Attach it again.") % {"name": attachment.filename}
        raise DomainError(sentence, code="file_missing") from error
    except files.StorageDown as error:
        raise DomainError(_("Files cannot be read now. Try again in a moment."), code="storage_down") from error
    return OutgoingFile(
        filename=attachment.filename,
        content_type=attachment.content_type or "application/octet-stream",
        content=data,
        content_id=content_id,
    )
