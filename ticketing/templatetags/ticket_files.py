"""Files of messages and drafts: picture, kind in a word, signed address."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from helpdesk.web import marks
from ticketing.mail.reading_html import text_in_our_type
from ticketing.models import Attachment, KeptNote
from ticketing.queries.file_previews import can_be_shown
from ticketing.queries.files import RASTER_TYPES, file_url
from ticketing.remark_words import file_note

register = template.Library()
register.filter(file_note)
register.filter(can_be_shown)

_ICONS = {"image": "image", "video": "film", "message": "mail"}


@register.simple_tag
def file_icon(file: Attachment) -> SafeString:
    """The picture for this kind of file."""
    return marks.icon(_ICONS.get(file.content_type.partition("/")[0], "file"))


@register.simple_tag
def file_kind(file: Attachment) -> str:
    """What it is, in a word: Image, Video, or the ending of its name."""
    family = file.content_type.partition("/")[0]
    words = {"image": _("Image"), "video": _("Video"), "audio": _("Sound"), "message": pgettext("a file", "Mail")}
    if family in words:
        return words[family]
    ending = file.filename.rpartition(".")[2] if "." in file.filename else ""
    return ending.upper() if ending.isalnum() and len(ending) <= 5 else pgettext("a file", "File")


@register.simple_tag(name="file_url")
def url(file: Attachment) -> str:
    """Where the file can be had for a day."""
    return file_url(file)


@register.simple_tag
def without_repeats(files: Iterable[Attachment]) -> list[Attachment]:
    """The files without small images that came with an earlier mail, as the logos of signatures do."""
    return [file for file in files if file.note_code != KeptNote.REPEATED_IMAGE]


@register.simple_tag
def plain_text(text: str) -> SafeString:
    """The text as HTML in our type."""
    return mark_safe(text_in_our_type(text))  # noqa: S308  escaped there


@register.simple_tag
def image_url(file: Attachment) -> str:
    """Where a raster image shows itself; "" for other files."""
    return file_url(file, inline=True) if file.content_type in RASTER_TYPES else ""
