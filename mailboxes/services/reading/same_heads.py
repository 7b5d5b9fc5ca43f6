"""Mail whose headers alone came, and that has no Message-ID: which whole mail it is that was stored before."""

from __future__ import annotations

from helpdesk.lib import files
from mailboxes.models import RemoteMessage
from mailboxes.services.reading.headers import MAX_SCAN_BYTES, head_sha256

MAX_COMPARED = 20


def raws_with_head(mailbox_id: int, *, size_bytes: int, sha256: str) -> list[int]:
    """The stored whole mails of the mailbox of which the server claimed this size, and whose headers are these.

    sha256: of the header block. Opens no more than MAX_COMPARED files. In the organization's scope; raises StorageDown.
    """
    shown = RemoteMessage.objects.filter(mailbox_id=mailbox_id, size_bytes=size_bytes, message_id="")
    kept = shown.filter(raw__is_header_only=False).exclude(raw__storage_key="")
    found = kept.order_by("raw_id").values_list("raw_id", "raw__storage_key").distinct()[:MAX_COMPARED]
    return [raw_id for raw_id, key in found if raw_id is not None and _has_head(key, sha256)]


def _has_head(key: str, sha256: str) -> bool:
    try:
        return head_sha256(files.read(key, most=MAX_SCAN_BYTES)) == sha256
    except FileNotFoundError:
        return False
