"""Servers that said *too many connections*: for a while nothing more is open there than has to be.

first refusal ─▶ the account: nothing of it is kept, and it is not listened to
another account of the organization at the same host, too ─▶ the host: likewise, and few of its mailboxes are polled
                                                             side by side
What one organization's account met says nothing to another's.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable

from django.core.cache import cache

from mailboxes.services.reading.accounts import Account

logger = logging.getLogger(__name__)

CROWDED_S = 3600
POLLS_AT_CROWDED_HOST = 3


def note_crowded(account: Account) -> None:
    """The server has too many connections of this account, or of all that come from here."""
    cache.set(_account_key(account), 1, CROWDED_S)
    first = cache.get_or_set(_first_key(account), account.name, CROWDED_S)
    if first != account.name:
        cache.set(_host_key(account), 1, CROWDED_S)
    logger.info("kept.crowded", extra={"organization_id": account.organization_id})


def keys_of(account: Account) -> tuple[str, str]:
    """What stands in the cache while the account, or its host, is crowded."""
    return _account_key(account), _host_key(account)


def crowded_among(accounts: Collection[Account]) -> set[Account]:
    """Which of these are crowded, or their hosts."""
    said = cache.get_many({key for account in accounts for key in keys_of(account)})
    return {account for account in accounts if _is_said(account, said)}


def is_host_crowded(account: Account) -> bool:
    """True if several accounts of the organization met too many connections there."""
    return cache.get(_host_key(account)) is not None


def _is_said(account: Account, said: Iterable[str]) -> bool:
    return any(key in said for key in keys_of(account))


def _account_key(account: Account) -> str:
    return f"kept:crowded:{account.name}"


def _host_key(account: Account) -> str:
    return f"kept:crowded:{account.organization_id}:{account.host}"


def _first_key(account: Account) -> str:
    return f"kept:refused:{account.organization_id}:{account.host}"
