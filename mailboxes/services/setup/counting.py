"""How many messages lie in a mailbox's folder, and since a day: looked up beside the page, in a thread, kept for some
minutes.

One look at a time for each mailbox, however often and for whichever days it is asked: a look is a sign-in.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.core.cache import cache

from mailboxes.connectors.base import Order, Source
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Mailbox
from mailboxes.services.setup.connections import source_of

KEPT_S = 300
LONGEST_S = 90  # a look whose process died is over then


@dataclass(frozen=True)
class FolderCount:
    """What the look at the folder gave."""

    is_running: bool = False
    count: int | None = None  # None: it could not be seen
    reason: str = ""  # connectors.errors.Reason


def start_counting(mailbox: Mailbox, *, since: date | None = None) -> None:
    """The folder is being looked at, unless it was within the last minutes. Needs the scope, for the secret.

    since: only what was received on this day (UTC) or later counts; for a kind that `tells_dates`. Ask again until
    `folder_count` is no longer running: another look may be under way, for another day.
    """
    if _key(mailbox, since) in cache or not cache.add(_busy_key(mailbox), "1", LONGEST_S):
        return
    try:
        source = source_of(mailbox)
    except ConnectorError as error:
        cache.set(_key(mailbox, since), FolderCount(reason=error.reason), KEPT_S)
        cache.delete(_busy_key(mailbox))
        return
    threading.Thread(target=_count, args=(mailbox, source, since), name="folder-count", daemon=True).start()


def folder_count(mailbox: Mailbox, *, since: date | None = None) -> FolderCount:
    """What is known by now; running until something is."""
    found: FolderCount | None = cache.get(_key(mailbox, since))
    return found or FolderCount(is_running=True)


def forget_count(mailbox: Mailbox, *, since: date | None = None) -> None:
    """The next look is a new one."""
    cache.delete(_key(mailbox, since))


def tells_dates(mailbox: Mailbox) -> bool:
    """True if what came since a day can be counted; POP3 tells no dates."""
    return traits_of(mailbox.connection.kind).order is not Order.NONE


def _count(mailbox: Mailbox, source: Source, since: date | None) -> None:
    found = FolderCount(reason=Reason.INTERNAL)
    try:
        with source.open() as session:
            found = FolderCount(count=session.state.count)
            if since is not None:
                cache.set(_key(mailbox, None), found, KEPT_S)
                found = FolderCount(count=session.count_since(datetime.combine(since, time(), UTC)))
    except ConnectorError as error:
        found = FolderCount(reason=error.reason)
    finally:
        cache.set(_key(mailbox, since), found, KEPT_S)
        cache.delete(_busy_key(mailbox))


def _key(mailbox: Mailbox, since: date | None) -> str:
    """Of this account and no other: the connection's id is like none of another installation on the same cache."""
    return f"folder-count:{mailbox.connection_id}:{mailbox.pk}:{mailbox.source_generation}:{since or ''}"


def _busy_key(mailbox: Mailbox) -> str:
    return f"folder-count-busy:{mailbox.connection_id}:{mailbox.pk}"
