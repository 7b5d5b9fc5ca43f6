"""What Microsoft Graph says when it calls: nothing of it is believed but that the mailbox should be looked at.

A call proves itself by the secret address it comes to and by the client state it carries. New mail, and changes that
Graph says it could not tell of, wake the poller; what it says of the subscription itself has that looked after.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from helpdesk.lib import clock
from helpdesk.tenancy import drains, tokens, work
from helpdesk.tenancy.models import TokenPurpose, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GraphSubscription
from mailboxes.services.liveness import real_time_notes
from mailboxes.services.liveness.subscribing import is_wanted, state_hash

logger = logging.getLogger(__name__)

MOST_ITEMS = 1000
MOST_A_MINUTE = 600  # calls for one mailbox; Graph repeats what is refused for four hours
MOST_LOOK_UPS = 600  # addresses a minute that were not called lately, whoever calls: guessing costs no database
KNOWN_FOR_S = 300  # an address that was called needs no look-up for so long
CARE_EVERY_S = 60  # the subscription is looked after, however often Graph asks for it
_OF_THE_SUBSCRIPTION = frozenset({"reauthorizationRequired", "subscriptionRemoved"})


_ADDRESS = re.compile(r"[A-Za-z0-9_-]{43}")  # as tokens are made: 32 bytes


class TooManyLookUps(Exception):
    """So many addresses were called in this minute that nobody called lately."""


@dataclass(frozen=True)
class Called:
    """Whose address was called."""

    organization_id: int
    mailbox_id: int


def whose(token: str) -> Called | None:
    """The mailbox whose secret address ends so. Outside any scope.

    What cannot be an address is not looked up. An address that ended is taken for one for KNOWN_FOR_S at most, and what
    comes to it proves nothing. Raises TooManyLookUps, before the database is asked.
    """
    if not _ADDRESS.fullmatch(token):
        return None
    key = f"graph-address:{hashlib.sha256(token.encode()).hexdigest()}"
    known = _remembered(key)
    if known is not None:
        return known
    if is_over("graph-look-ups", most=MOST_LOOK_UPS):
        raise TooManyLookUps
    entry = tokens.look_up(TokenPurpose.NOTIFICATION, token=token)
    if entry is None:
        return None
    _remember(key, entry.organization_id, entry.row_id)
    return Called(entry.organization_id, entry.row_id)


def exceeds_rate(called: Called) -> bool:
    """True if the mailbox had its share of calls in this minute before the one at hand, which counts either way."""
    return is_over(f"graph-calls:{called.mailbox_id}", most=MOST_A_MINUTE)


def is_over(name: str, *, most: int) -> bool:
    """True if this was counted more than so often in this minute. Without a cache nobody counts."""
    key = f"{name}:{int(clock.now().timestamp() // 60)}"
    try:
        cache.add(key, 0, timeout=180)
        return cache.incr(key) > most
    except (RedisError, OSError, ValueError) as error:
        logger.warning("notifications.not_counted", extra={"error": type(error).__name__})
        return False


def take(called: Called, body: bytes) -> None:
    """What the call says has had its effect: the mailbox is due, or its subscription; at most once each.

    What does not prove itself has none. Outside any scope.
    """
    with organization_scope(called.organization_id):
        rows = GraphSubscription.objects.select_related("mailbox__connection")
        row = rows.filter(mailbox_id=called.mailbox_id).first()
    if row is None or not is_wanted(row.mailbox):
        return
    proven = [item for item in _items(body) if _proves_itself(item, row)]
    if not proven:
        logger.warning("notifications.not_proven", extra={"mailbox_id": called.mailbox_id})
        return
    real_time_notes.wake(called.organization_id, called.mailbox_id)
    events = {str(item.get("lifecycleEvent") or "") for item in proven}
    if events & _OF_THE_SUBSCRIPTION and cache.add(f"graph-care:{called.mailbox_id}", 1, CARE_EVERY_S):
        work.ask_now(WorkKind.SUBSCRIBE, organization_id=called.organization_id, row_id=called.mailbox_id)
        drains.wake(WorkKind.SUBSCRIBE)


def _remembered(key: str) -> Called | None:
    try:
        found = cache.get(key)
    except (RedisError, OSError, ValueError):
        return None
    return Called(*found) if found is not None else None


def _remember(key: str, organization_id: int, mailbox_id: int) -> None:
    try:
        cache.set(key, (organization_id, mailbox_id), timeout=KNOWN_FOR_S)
    except (RedisError, OSError) as error:
        logger.warning("notifications.not_remembered", extra={"error": type(error).__name__})


def _items(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return
    values = said.get("value") if isinstance(said, dict) else None
    for item in (values if isinstance(values, list) else [])[:MOST_ITEMS]:
        if isinstance(item, dict):
            yield item


def _proves_itself(item: dict[str, Any], row: GraphSubscription) -> bool:
    """In constant time."""
    state = item.get("clientState")
    if not isinstance(state, str) or not row.client_state_hash:
        return False
    return hmac.compare_digest(state_hash(state[:256]), row.client_state_hash)
