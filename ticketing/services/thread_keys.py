"""The keys that sign an organization's thread tokens: rows, sealed; they verify for ever, the newest one signs."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import transaction

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy.secrets import open_for, seal_for
from helpdesk.tenancy.state import required_organization_id
from ticketing.mail import message_ids
from ticketing.mail.message_ids import KEY_ALPHABET, KEY_ID_CHARS, SubjectTag, ThreadKeys
from ticketing.models import ThreadKey

_KEY_BYTES = 32


def thread_keys() -> ThreadKeys:
    """The keys of the open scope's organization; the first one is made on first use."""
    keys = _load()
    if keys is None:
        add_thread_key()
        keys = _load()
    if keys is None:
        raise RuntimeError("The key that was just added cannot be read.")
    return keys


def add_thread_key() -> None:
    """A further key signs from now on; the earlier ones go on verifying."""
    taken = set(ThreadKey.objects.values_list("key_id", flat=True))
    key_id = _new_key_id(taken)
    with transaction.atomic():
        row = ThreadKey.objects.create(key_id=key_id, secret_sealed="", created_at=clock.now())
        row.secret_sealed = seal_for(row, "secret_sealed", base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
        row.save(update_fields=["secret_sealed"])


def verified_ids(tokens: Iterable[str]) -> tuple[str, ...]:
    """The random ids of those tokens that the organization of the open scope has signed, in order, each once.

    Reads nothing when there is no token to verify.
    """
    candidates = tuple(tokens)
    keys = _load() if candidates else None
    return message_ids.verified_ids(candidates, keys=keys) if keys else ()


def verified_numbers(tags: Iterable[SubjectTag]) -> tuple[int, ...]:
    """The numbers of those tags that the organization of the open scope has signed. Reads nothing for plain tags."""
    signed = [tag for tag in tags if tag.signature]
    keys = _load() if signed else None
    return tuple(tag.number for tag in signed if keys and message_ids.is_signed_by(tag, keys=keys))


def _load() -> ThreadKeys | None:
    rows = list(ThreadKey.objects.order_by("-id"))
    if not rows:
        return None
    public_id = str(Organization.objects.values_list("public_id", flat=True).get(id=required_organization_id()))
    secrets_by_id = {row.key_id: _opened(_Sealed(row, row.secret_sealed)) for row in rows}
    return ThreadKeys(organization=public_id, current_id=rows[0].key_id, secrets=secrets_by_id)


def _new_key_id(taken: set[str]) -> str:
    while True:
        key_id = "".join(secrets.choice(KEY_ALPHABET) for _ in range(KEY_ID_CHARS))
        if key_id not in taken:
            return key_id


@dataclass(frozen=True)
class _Sealed:
    """What the cache goes by: a sealed text never opens to anything else, so nothing in it goes stale."""

    row: ThreadKey = field(compare=False)
    text: str


@lru_cache(maxsize=1024)
def _opened(sealed: _Sealed) -> bytes:
    return base64.b64decode(open_for(sealed.row, "secret_sealed"))
