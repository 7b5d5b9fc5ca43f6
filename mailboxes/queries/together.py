"""How each of the mailboxes fares that share one connection."""

from __future__ import annotations

from mailboxes.models import Health, Mailbox
from mailboxes.queries.mailbox_list import MailboxState, states_of


def states_together(mailbox: Mailbox) -> list[MailboxState]:
    """The mailboxes of this one's connection, oldest first, itself included. At most six queries."""
    rows = Mailbox.objects.filter(connection=mailbox.connection, deleted_at=None)
    rows = rows.select_related("connection__grant", "outgoing__login_of__grant", "team")
    return states_of(list(rows.order_by("id")))


def is_opened(state: MailboxState) -> bool:
    """True once it is known whether the mailbox opens, or while nobody tries."""
    return state.mailbox.health != Health.NOT_FINISHED or not state.mailbox.is_enabled
