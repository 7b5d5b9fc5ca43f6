"""Message-IDs where a provider's own filters ask for them."""

from __future__ import annotations

import re

from mailboxes.connectors.errors import ConnectorError, Reason

_MESSAGE_ID = re.compile(r"[!-~]{1,900}")
_FIELD = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]{1,900})>", re.IGNORECASE | re.MULTILINE)
_HEADER_SCAN_BYTES = 256 * 1024


def message_id_of(content: bytes) -> str:
    """The mail's Message-ID without brackets; "" for none."""
    found = _FIELD.search(content[:_HEADER_SCAN_BYTES].split(b"\r\n\r\n", 1)[0])
    return found.group(1).decode("ascii", "replace") if found else ""


def check_message_id(message_id: str) -> None:
    """Nothing for an id that a filter can hold. Raises BAD_ARGUMENT for any other."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)
