"""Sealing values of an organization: its data key, wrapped by the installation's, bound to table, row and field."""

from __future__ import annotations

from functools import lru_cache

from django.apps import apps
from django.conf import settings

from helpdesk.lib import crypto
from helpdesk.tenancy.models import TenantModel

WRAP_PURPOSE = "wrap data keys"
DATA_KEY_ID = "d1"

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


def new_wrapped_key(public_id: str) -> str:
    """A fresh data key, wrapped; bound to the organization's public id."""
    return keyring().seal(crypto.new_key(), purpose=WRAP_PURPOSE, place=public_id)


def seal_for(row: TenantModel, field: str, plain: str) -> str:
    """`plain` as it may be stored in `row.field`; the row's id must be set already. Empty stays empty."""
    if not plain:
        return ""
    return crypto.seal(plain.encode(), key=_data_key(row), key_id=DATA_KEY_ID, place=_place(row, field))


def open_for(row: TenantModel, field: str) -> str:
    """The plain value of `row.field`. Raises CannotOpen."""
    sealed: str = getattr(row, field)
    return crypto.open_sealed(sealed, key=_data_key(row), place=_place(row, field)).decode() if sealed else ""


def _place(row: TenantModel, field: str) -> str:
    if row.pk is None:
        raise ValueError("A row needs its id before a value is sealed for it.")
    return f"{row.organization_id}/{row._meta.db_table}/{row.pk}/{field}"


def _data_key(row: TenantModel) -> bytes:
    organization = apps.get_model("accounts.Organization").objects.get(id=row.organization_id)
    return _unwrapped(organization.wrapped_data_key, str(organization.public_id), settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=256)
def _unwrapped(wrapped: str, place: str, keys: str) -> bytes:
    return _parsed(keys).open(wrapped, purpose=WRAP_PURPOSE, place=place)
