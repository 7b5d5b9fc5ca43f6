"""Mail that could not be taken: the mailbox's health says so, however many senders are refused meanwhile.

storage away  ─▶ a failure on the mailbox, once in STORAGE_PAUSE_S ─▶ its POLL item tries the storage as often ─▶ back
database away ─▶ kept in this process, nothing can be written ─▶ a span of the history, with the first mail taken

A mail that is taken ends a failure at once. Whoever was refused sends again; the same bytes are the same sighting.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from helpdesk.lib import clock
from helpdesk.lib.files import StorageDown
from helpdesk.tenancy.models import TokenPurpose, WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.liveness.health import STORAGE_PAUSE_S, note_failure, trouble_of
from mailboxes.services.liveness.health_history import insert_outage
from mailboxes.services.push.push_addresses import PushTarget, find_by_address, find_by_token

logger = logging.getLogger(__name__)

DATABASE_AWAY = "database_away"
MAX_ADDRESSES = 1000  # that one process remembers while the database is away


def note_storage_down(target: PushTarget, error: StorageDown) -> None:
    """The failure stands on the mailbox, unless one was noted lately. Outside any scope; raises nothing."""
    try:
        with organization_scope(target.organization_id):
            if _looks(target).exists():
                _note_failure(target, error)
    except DatabaseError as away:
        logger.warning("push.failure_not_noted", extra={"error": type(away).__name__})


def _looks(target: PushTarget) -> QuerySet[WorkItem]:
    """The next look at the storage, unless that is due within STORAGE_PAUSE_S: then the failure was noted already."""
    soon = clock.in_seconds(STORAGE_PAUSE_S)
    items = WorkItem.objects.filter(kind=WorkKind.POLL, organization_id=target.organization_id)
    return items.filter(row_id=target.mailbox_id, due_at__gt=soon)


@transaction.atomic
def _note_failure(target: PushTarget, error: StorageDown) -> None:
    enabled = Mailbox.objects.select_related("connection", "organization").filter(deleted_at=None, is_enabled=True)
    mailbox = enabled.filter(id=target.mailbox_id).first()
    if mailbox is None:
        return
    # Of all who were refused at once, one wins this.
    if _looks(target).update(due_at=clock.in_seconds(STORAGE_PAUSE_S), set_at=clock.now()):
        note_failure(mailbox, trouble=trouble_of(error))


@dataclass(frozen=True)
class _Refused:
    """Mail for one address that was refused since."""

    since: datetime
    times: int


_Address = PushTarget | tuple[TokenPurpose, str]  # the second where the database did not say where it leads


class Refusals:
    """What this process refused while the database was away, by address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[_Address, _Refused] = {}

    def note(self, key: _Address) -> None:
        """One more mail for this address was refused; beyond MAX_ADDRESSES further addresses are not remembered."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept[key] = replace(known, times=known.times + 1)
            elif len(self._kept) < MAX_ADDRESSES:
                self._kept[key] = _Refused(clock.now(), times=1)

    def write_down(self) -> None:
        """The history of each mailbox shows what was refused. Outside any scope; raises nothing."""
        if not self._kept:
            return
        with self._lock:
            taken, self._kept = self._kept, {}
        for key, refused in taken.items():
            try:
                _show(key, refused)
            except DatabaseError as error:
                logger.warning("push.refusals_not_shown", extra={"error": type(error).__name__})
                with self._lock:
                    self._kept.setdefault(key, refused)


refusals = Refusals()


def _show(key: _Address, refused: _Refused) -> None:
    target = key if isinstance(key, PushTarget) else _found(*key)
    if target is None:
        return
    with organization_scope(target.organization_id), transaction.atomic():
        mailbox = Mailbox.objects.filter(id=target.mailbox_id).first()
        if mailbox is not None:
            insert_outage(mailbox, since=refused.since, reason=DATABASE_AWAY, tries=refused.times)


def _found(purpose: TokenPurpose, token: str) -> PushTarget | None:
    return find_by_token(token) if purpose == TokenPurpose.PUSH else find_by_address(token)
