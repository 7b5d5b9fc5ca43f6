"""A mail as its sender made it look, for a frame that can do nothing: no script, no forms, nothing from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable

from helpdesk.lib import files
from ticketing.mail.reading_html import text_in_our_type
from ticketing.mail.sanitize import sanitize_html
from ticketing.models import Attachment, Message
from ticketing.queries.files import RASTER_TYPES
from ticketing.queries.remote_images import image_address

MAX_EMBEDDED_BYTES = (
    8 * 1024 * 1024
)  # of all images inside the mail together; the frame gets no cookies to ask for them
# Shown on white, as mail is made for it.
_PAGE = (
    '<!doctype html><html lang=""><head><meta charset="utf-8"><meta name="color-scheme" content="light">'
    "<title>.</title><style>body{{margin:16px;background:#fff;color:#111;font:15px/1.5 sans-serif;"
    'overflow-wrap:anywhere}}img{{max-width:100%}}</style></head><body dir="auto">{}</body></html>'
)


def original_page(message: Message, *, shows_remote: bool) -> str:
    """The whole page for the frame; images inside the mail are part of it."""
    if not message.html:
        return _PAGE.format(text_in_our_type(message.text))
    remote = (lambda url: image_address(url, is_for_frame=True)) if shows_remote else None
    embed = _embedding(list(message.attachments.select_related("blob")))
    return _PAGE.format(sanitize_html(message.html, image_url=embed, remote_url=remote).html)


def _embedding(attachments: list[Attachment]) -> Callable[[str], str | None]:
    by_name = {f"cid:{file.content_id or file.filename}".lower(): file for file in reversed(attachments)}
    by_name |= {f"cid:{file.public_id.hex}@postroom": file for file in attachments}
    made: dict[str, str] = {}
    left = [MAX_EMBEDDED_BYTES]

    def image(reference: str) -> str | None:
        file = by_name.get(reference.lower())
        if file is None or file.blob is None or file.content_type not in RASTER_TYPES:
            return None
        if reference not in made and file.size_bytes <= left[0]:
            left[0] -= file.size_bytes
            made[reference] = _data_url(file.content_type, key=file.blob.storage_key)
        return made.get(reference)

    return image


def _data_url(content_type: str, *, key: str) -> str:
    try:
        content = files.read(key)
    except (FileNotFoundError, files.StorageDown):
        content = b""
    return f"data:{content_type};base64,{base64.b64encode(content).decode('ascii')}"
