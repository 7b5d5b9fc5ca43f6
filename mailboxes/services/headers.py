"""The one header that transport looks at: the Message-ID, to recognise a message before its body is downloaded."""

from __future__ import annotations

import re

from helpdesk.lib.text import clean_line

MAX_SCAN_BYTES = 256 * 1024  # as much as a connector gives of a header block
MAX_CHARS = 998

_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"^message-id[ \t]*:[ \t]*(?:\r?\n[ \t]+)*<?([^<>\s]+)>?", re.IGNORECASE | re.MULTILINE)


def message_id_of(content: bytes) -> str:
    """The first Message-ID of a message or header block, without brackets; empty when there is none."""
    head = header_block(content)
    found = _FIELD.search(head)
    return clean_line(found.group(1).decode("utf-8", "replace"))[:MAX_CHARS] if found else ""


def header_block(content: bytes) -> bytes:
    """What stands before the first empty line, at most MAX_SCAN_BYTES."""
    end = _END.search(content, 0, MAX_SCAN_BYTES)
    return content[: end.end() if end else MAX_SCAN_BYTES]
