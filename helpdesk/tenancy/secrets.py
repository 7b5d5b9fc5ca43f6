"""Sealing values of an organization: its data keys, wrapped by the installation's, bound to table, row and field.

An organization's `data_keys` reads `<id>:<wrapped> <id>:<wrapped> …`, newest first. The newest seals; the others open
what they sealed until rotation has renewed it. An id is "d" and the second it was made in.
"""

from __future__ import annotations

from functools import lru_cache

from django.apps import apps
from django.conf import settings

from helpdesk.lib import clock, crypto
from helpdesk.tenancy.models import TenantModel

WRAP_PURPOSE = "wrap data keys"

# Every sealed column, so that rotation finds them all: (model label, field).
SEALED_FIELDS: list[tuple[str, str]] = []


def register_sealed(label: str, *fields: str) -> None:
    """`rotate_keys` knows these columns hold sealed text."""
    SEALED_FIELDS.extend((label, name) for name in fields)


def keyring() -> crypto.Keyring:
    """The installation's keys, read at use time."""
    return _parsed(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=4)
def _parsed(text: str) -> crypto.Keyring:
    return crypto.Keyring.parse(text)


def data_key_entries(data_keys: str) -> list[tuple[str, str]]:
    """(id, wrapped) of each data key, newest first."""
    return [(key_id, wrapped) for key_id, _, wrapped in (entry.partition(":") for entry in data_keys.split())]


def with_new_data_key(data_keys: str, *, public_id: str) -> str:
    """The same keys behind a fresh one, wrapped and bound to the organization's public id."""
    key_id = f"d{int(clock.now().timestamp())}"
    return f"{key_id}:{wrap(crypto.new_key(), key_id=key_id, public_id=public_id)} {data_keys}".strip()


def wrap(data_key: bytes, *, key_id: str, public_id: str) -> str:
    """The data key, sealed with the installation's active key."""
    return keyring().seal(data_key, purpose=WRAP_PURPOSE, place=f"{public_id}/{key_id}")


def unwrap(wrapped: str, *, key_id: str, public_id: str) -> bytes:
    """The data key. Raises CannotOpen when no key of the installation opens it."""
    return _unwrapped(wrapped, f"{public_id}/{key_id}", settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=256)
def _unwrapped(wrapped: str, place: str, keys: str) -> bytes:
    return _parsed(keys).open(wrapped, purpose=WRAP_PURPOSE, place=place)


def seal_for(row: TenantModel, field: str, plain: str) -> str:
    """`plain` as it may be stored in `row.field`; the row's id must be set already. Empty stays empty."""
    if not plain:
        return ""
    data_keys, public_id = _keys_of(row)
    key_id, wrapped = data_key_entries(data_keys)[0]
    key = unwrap(wrapped, key_id=key_id, public_id=public_id)
    return crypto.seal(plain.encode(), key=key, key_id=key_id, place=_place(row, field))


def open_for(row: TenantModel, field: str) -> str:
    """The plain value of `row.field`. Raises CannotOpen."""
    sealed: str = getattr(row, field)
    if not sealed:
        return ""
    data_keys, public_id = _keys_of(row)
    key_id = crypto.key_id_of(sealed)
    wrapped = dict(data_key_entries(data_keys)).get(key_id)
    if wrapped is None:
        raise crypto.CannotOpen(f"no data key {key_id!r}")
    key = unwrap(wrapped, key_id=key_id, public_id=public_id)
    return crypto.open_sealed(sealed, key=key, place=_place(row, field)).decode()


def _place(row: TenantModel, field: str) -> str:
    if row.pk is None:
        raise ValueError("A row needs its id before a value is sealed for it.")
    return f"{row.organization_id}/{row._meta.db_table}/{row.pk}/{field}"


def _keys_of(row: TenantModel) -> tuple[str, str]:
    """The row's organization's data keys, as they are now, and its public id."""
    organizations = apps.get_model("accounts.Organization").objects
    data_keys, public_id = organizations.values_list("data_keys", "public_id").get(id=row.organization_id)
    return data_keys, str(public_id)
