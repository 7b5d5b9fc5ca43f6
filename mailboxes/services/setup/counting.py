"""How many messages lie in a mailbox's folder: looked up beside the page, in a thread, kept for some minutes."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from django.core.cache import cache

from mailboxes.connectors.base import Source
from mailboxes.connectors.errors import ConnectorError
from mailboxes.models import Mailbox
from mailboxes.services.setup.connections import source_of

KEPT_S = 300


@dataclass(frozen=True)
class FolderCount:
    """What the look at the folder gave."""

    is_running: bool = False
    count: int | None = None  # None: it could not be seen
    reason: str = ""  # connectors.errors.Reason


def start_counting(mailbox: Mailbox) -> None:
    """The folder is being looked at, unless it was within the last minutes. Needs the scope, for the secret."""
    if not cache.add(_key(mailbox), FolderCount(is_running=True), KEPT_S):
        return
    try:
        source = source_of(mailbox)
    except ConnectorError as error:
        cache.set(_key(mailbox), FolderCount(reason=error.reason), KEPT_S)
        return
    threading.Thread(target=_count, args=(_key(mailbox), source), name="folder-count", daemon=True).start()


def folder_count(mailbox: Mailbox) -> FolderCount:
    """What is known by now."""
    found: FolderCount | None = cache.get(_key(mailbox))
    return found or FolderCount()


def _count(key: str, source: Source) -> None:
    try:
        with source.open() as session:
            cache.set(key, FolderCount(count=session.state.count), KEPT_S)
    except ConnectorError as error:
        cache.set(key, FolderCount(reason=error.reason), KEPT_S)


def _key(mailbox: Mailbox) -> str:
    return f"folder-count:{mailbox.organization_id}:{mailbox.pk}:{mailbox.source_generation}"
