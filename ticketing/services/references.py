"""How Message-IDs are looked up: by a hash, the same for mail that comes in and mail that goes out."""

from __future__ import annotations

import hashlib


def id_hash(message_id: str) -> str:
    """The key of a Message-ID in MessageReference: 128 bits of SHA-256, hex.

    Brackets, surrounding space and case do not count: servers on the way change them.
    """
    plain = message_id.strip().strip("<>").lower()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]
