"""Signing and checking webhooks as Standard Webhooks has it: HMAC-SHA256 over id, time and body, by a shared secret.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

PREFIX = "whsec_"
TOLERANCE_S = 5 * 60.0  # how far the sender's clock may be from ours, and how late a call may be repeated
_SECRET_BYTES = 32  # the scheme wants 24 to 64, yet an example of its own has 18
_LEAST_BYTES, _MOST_BYTES = 16, 64
_VERSION = "v1"


def new_secret() -> str:
    """A random secret as it is shown to people."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """True for a secret of this scheme: `whsec_` and 16 to 64 bytes as base64."""
    try:
        _key(text)
    except ValueError:
        return False
    return text.startswith(PREFIX)


def headers(body: bytes, *, event_id: str, at: datetime, keys: Iterable[str]) -> dict[str, str]:
    """The three headers of a call; one signature for each secret, so that either side may change it first."""
    timestamp = str(int(at.timestamp()))
    signed = [_signature(body, event_id=event_id, timestamp=timestamp, key=_key(key)) for key in keys]
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signed)}


def is_signed(body: bytes, given: Mapping[str, str], *, keys: Iterable[str], now: datetime) -> bool:
    """True if one of the signatures was made with one of the secrets, for this id, time and body, just now.

    given: headers by name in lower case.
    """
    event_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not event_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        return False
    expected = [_signature(body, event_id=event_id, timestamp=timestamp, key=_key(key)).encode() for key in keys]
    offered = [each.encode("utf-8", "replace") for each in given.get("webhook-signature", "").split(" ")[:8]]
    return any(hmac.compare_digest(one, other) for one in expected for other in offered)


def _signature(body: bytes, *, event_id: str, timestamp: str, key: bytes) -> str:
    signed = f"{event_id}.{timestamp}.".encode() + body
    return f"{_VERSION},{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def _key(secret: str) -> bytes:
    """The bytes of the secret. Raises ValueError."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("this is no base64") from error
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError("a secret has 16 to 64 bytes")
    return key
