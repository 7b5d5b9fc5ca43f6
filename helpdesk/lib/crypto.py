"""Secrets at rest: installation keys wrap a data key for each organization, data keys seal values.

AES-256-GCM throughout. A sealed text is `v1.<key id>.<base64 of nonce + ciphertext>`; the associated data binds it to
its place, so that it opens nowhere else. Each purpose has a key of its own, derived by HKDF.
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = "v1"


class CannotOpen(Exception):
    """The sealed text is damaged, belongs elsewhere, or its key is not among ours."""


@dataclass(frozen=True)
class Keyring:
    """Installation keys by id; the first is the one new values are sealed with."""

    keys: dict[str, bytes] = field(repr=False)
    active_id: str

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """The ring written as `id:base64,id:base64`, the active key first.

        Raises ValueError with a sentence for the operator when it is no such list.
        """
        keys: dict[str, bytes] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            key_id, _, encoded = entry.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                key = b""
            if not key_id.isalnum() or len(key) != KEY_BYTES:
                raise ValueError("ENCRYPTION_KEYS must read id:base64, each key 32 bytes; see docs/operations.md.")
            keys[key_id] = key
        if not keys:
            raise ValueError("ENCRYPTION_KEYS is empty; see docs/operations.md for how to make a key.")
        return cls(keys=keys, active_id=next(iter(keys)))

    def seal(self, plain: bytes, *, purpose: str, place: str) -> str:
        """`plain`, sealed with the active key for this purpose and place."""
        return seal(plain, key=_derived(self.keys[self.active_id], purpose), key_id=self.active_id, place=place)

    def open(self, sealed: str, *, purpose: str, place: str) -> bytes:
        """What was sealed. Raises CannotOpen."""
        key = self.keys.get(key_id_of(sealed))
        if key is None:
            raise CannotOpen(f"no installation key {key_id_of(sealed)!r}")
        return open_sealed(sealed, key=_derived(key, purpose), place=place)


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return os.urandom(KEY_BYTES)


def seal(plain: bytes, *, key: bytes, key_id: str, place: str) -> str:
    """`plain` sealed under `key`, bound to `place`."""
    nonce = os.urandom(_NONCE_BYTES)
    box = nonce + AESGCM(key).encrypt(nonce, plain, place.encode())
    return f"{_VERSION}.{key_id}.{base64.urlsafe_b64encode(box).decode()}"


def open_sealed(sealed: str, *, key: bytes, place: str) -> bytes:
    """What was sealed under `key` at `place`. Raises CannotOpen."""
    try:
        box = base64.urlsafe_b64decode(sealed.split(".")[2])
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], place.encode())
    except (IndexError, ValueError, binascii.Error, InvalidTag) as error:
        raise CannotOpen("sealed under another key or for another place, or damaged") from error


def key_id_of(sealed: str) -> str:
    """The id of the key that sealed this text; "" when it is no sealed text."""
    parts = sealed.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == _VERSION else ""


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=f"postroom {purpose}".encode()).derive(key)
