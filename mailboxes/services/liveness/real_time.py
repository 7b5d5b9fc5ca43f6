"""Real time: which mailboxes are to be listened to, and how that stands. The watcher (`mailboxes.watching`) listens.

A WATCH item in the work directory says that a mailbox is to be listened to; its generation rises when the mailbox is
changed, so that the watcher connects anew. What the watcher hears only makes the mailbox due.
"""

from __future__ import annotations

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Mailbox, RealTime
from mailboxes.services.liveness.health import NEVER


def follow(mailbox: Mailbox) -> None:
    """The watcher listens to the mailbox as it is now, or no longer. Inside the caller's transaction."""
    is_possible = traits_of(mailbox.connection.kind).has_idle
    if not mailbox.is_real_time or not mailbox.is_enabled or not is_possible:
        forget(mailbox)
        return
    far = clock.now() + NEVER
    work.enqueue(WorkKind.WATCH, organization_id=mailbox.organization_id, row_id=mailbox.pk, due_at=far)
    work.revoke(WorkKind.WATCH, organization_id=mailbox.organization_id, row_id=mailbox.pk, due_at=far)
    _note(mailbox.pk, state=RealTime.WAITING, reason="")


def forget(mailbox: Mailbox) -> None:
    """Nobody listens to the mailbox. Inside the caller's transaction."""
    work.withdraw(WorkKind.WATCH, organization_id=mailbox.organization_id, row_id=mailbox.pk)
    _note(mailbox.pk, state=RealTime.WAITING, reason="")


def wanted() -> dict[tuple[int, int], int]:
    """Organization and id of every mailbox to listen to, with its version. Outside any scope."""
    items = WorkItem.objects.filter(kind=WorkKind.WATCH)
    return {(item[0], item[1]): item[2] for item in items.values_list("organization_id", "row_id", "generation")}


def note_live(mailbox_id: int) -> None:
    """The mailbox is being listened to; mail from before is polled for. In its organization's scope."""
    _note(mailbox_id, state=RealTime.LIVE, reason="")


def note_lost(mailbox_id: int, error: ConnectorError) -> None:
    """The mailbox is not being listened to, and why. In its organization's scope."""
    _note(mailbox_id, state=RealTime.UNAVAILABLE if error.permanent else RealTime.LOST, reason=error.reason)


def wake(organization_id: int, mailbox_id: int) -> None:
    """The mailbox is polled as soon as a worker is free. Outside any scope."""
    work.ask_now(WorkKind.POLL, organization_id=organization_id, row_id=mailbox_id)
    drains.wake(WorkKind.POLL)


def _note(mailbox_id: int, *, state: RealTime, reason: str) -> None:
    changed = Mailbox.objects.filter(id=mailbox_id).exclude(real_time=state, real_time_reason=reason)
    changed.update(real_time=state, real_time_reason=reason, real_time_since=clock.now())
