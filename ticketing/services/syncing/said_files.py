"""Files in the calls of another system: a list of objects, each with a name and the bytes as Base64.

Plain functions from JSON to values; no database, no clock.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.text import clean_filename
from ticketing.services.syncing.unreadable import Unreadable

MAX_FILES = 20
_NAMES = ("filename", "name")
_CONTENTS = ("content", "data")
_MAX_NAME_CHARS = 150


@dataclass(frozen=True)
class SaidFile:
    """A file of a message."""

    filename: str
    content: bytes = field(repr=False)


def files_in(said: Any) -> tuple[tuple[SaidFile, ...], tuple[str, ...]]:
    """The files, and the names of those whose bytes do not stand there, or that are too many.

    Raises Unreadable for bytes that are no Base64.
    """
    files: list[SaidFile] = []
    left: list[str] = []
    for each in said if isinstance(said, list) else ():
        if not isinstance(each, dict):
            continue
        name, content = _name(each), each.get(_content_key(each))
        if isinstance(content, str) and len(files) < MAX_FILES:
            files.append(SaidFile(name, _decoded(content, name=name)))
        else:
            left.append(name)
    return tuple(files), tuple(left)


def without_contents(said: Any) -> None:
    """The bytes of these files stand there no longer, only how many they were. Changes what it is given."""
    for each in said if isinstance(said, list) else ():
        key = _content_key(each) if isinstance(each, dict) else ""
        if key and isinstance(each[key], str):
            each[key] = f"({len(each[key])} characters of Base64)"


def _name(file: dict[str, Any]) -> str:
    named = next((file[key] for key in _NAMES if isinstance(file.get(key), str)), "")
    return clean_filename(named, max_length=_MAX_NAME_CHARS) or "file"


def _content_key(file: dict[str, Any]) -> str:
    return next((key for key in _CONTENTS if file.get(key)), "")


def _decoded(content: str, *, name: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        sentence = _("The content of the file “%(name)s” is no Base64.") % {"name": name}
        raise Unreadable(sentence, code="file_content") from None
