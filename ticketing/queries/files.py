"""Addresses of attachments: signed for a day, and good only for members of the organization."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from helpdesk.tenancy.state import required_organization_id
from ticketing.models import Attachment

VALID_S = 86_400
RASTER_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif"})
_SALT = "ticketing.attachment"


def file_url(attachment: Attachment, *, inline: bool = False) -> str:
    """Where the file can be had for a day; `inline` shows raster images instead of saving them."""
    signed = TimestampSigner(salt=_SALT).sign(f"{required_organization_id()}.{attachment.public_id}")
    return reverse("attachment", kwargs={"signed": signed}) + ("?inline" if inline else "")


def read_signed(signed: str) -> tuple[int, uuid.UUID] | None:
    """The organization and the public id of the file; None for what we did not sign, or longer than a day ago."""
    try:
        value = TimestampSigner(salt=_SALT).unsign(signed, max_age=VALID_S)
    except BadSignature:
        return None
    organization_id, _, public_id = value.partition(".")
    return int(organization_id), uuid.UUID(public_id)


def image_in(attachments: Iterable[Attachment]) -> Callable[[str], str | None]:
    """Gives our address for an image that HTML names as `cid:…` by content id, file name or public id."""
    by_name: dict[str, Attachment] = {}
    for attachment in attachments:
        if attachment.blob_id is None or attachment.content_type not in RASTER_TYPES:
            continue
        by_name.setdefault(f"cid:{attachment.public_id.hex}@postroom", attachment)
        by_name.setdefault(f"cid:{attachment.filename}".lower(), attachment)
        if attachment.content_id:
            by_name[f"cid:{attachment.content_id}".lower()] = attachment

    def source(reference: str) -> str | None:
        found = by_name.get(reference.lower())
        if found is not None:
            return file_url(found, inline=True)
        return reference if reference.lower().startswith("data:image/") else None

    return source
