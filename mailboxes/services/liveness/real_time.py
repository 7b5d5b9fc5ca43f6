"""Real time: which mailboxes are to be listened to, and how that stands. The watcher (`mailboxes.watching`) listens;
Microsoft Graph calls those that are subscribed (`subscribing`).

A WATCH item in the work directory says that a mailbox is to be listened to; its generation rises when the mailbox is
changed, so that the watcher connects anew. What the watcher hears only makes the mailbox due.
"""

from __future__ import annotations

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Mailbox, RealTime
from mailboxes.services.liveness import subscribing
from mailboxes.services.liveness.health import NEVER, is_on
from mailboxes.services.liveness.real_time_notes import note


def follow(mailbox: Mailbox) -> None:
    """The mailbox as it is now is listened to or subscribed, or no longer. Inside the caller's transaction."""
    subscribing.follow(mailbox)
    is_possible = traits_of(mailbox.connection.kind).has_idle
    if not mailbox.is_real_time or not is_on(mailbox) or not is_possible:
        _listen_no_more(mailbox)
        return
    far = clock.now() + NEVER
    work.enqueue(WorkKind.WATCH, organization_id=mailbox.organization_id, row_id=mailbox.pk, due_at=far)
    work.revoke(WorkKind.WATCH, organization_id=mailbox.organization_id, row_id=mailbox.pk, due_at=far)
    note(mailbox.pk, state=RealTime.WAITING)


def forget(mailbox: Mailbox) -> None:
    """Nobody listens to the mailbox, which is being deleted, and no secrets of it will be there. Inside the caller's
    transaction.
    """
    subscribing.take_leave(mailbox)
    subscribing.follow(mailbox)
    _listen_no_more(mailbox)


def _listen_no_more(mailbox: Mailbox) -> None:
    work.withdraw(WorkKind.WATCH, organization_id=mailbox.organization_id, row_id=mailbox.pk)
    note(mailbox.pk, state=RealTime.WAITING)


def wanted() -> dict[tuple[int, int], int]:
    """Organization and id of every mailbox to listen to, with its version. Outside any scope."""
    items = WorkItem.objects.filter(kind=WorkKind.WATCH)
    return {(item[0], item[1]): item[2] for item in items.values_list("organization_id", "row_id", "generation")}


def note_live(mailbox_id: int) -> None:
    """The mailbox is being listened to; mail from before is polled for. In its organization's scope."""
    note(mailbox_id, state=RealTime.LIVE)


def note_lost(mailbox_id: int, error: ConnectorError) -> None:
    """The mailbox is not being listened to, and why. In its organization's scope."""
    note(mailbox_id, state=RealTime.UNAVAILABLE if error.permanent else RealTime.LOST, reason=error.reason)
