"""How each of the mailboxes fares that share one connection, and which addresses could not join it."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.models import Health, Mailbox, RefusedAddress
from mailboxes.queries.mailbox_list import MailboxState, states_of


def states_together(mailbox: Mailbox) -> list[MailboxState]:
    """The mailboxes of this one's connection, oldest first, itself included. At most six queries."""
    rows = Mailbox.objects.filter(connection=mailbox.connection, deleted_at=None)
    rows = rows.select_related("connection__grant", "outgoing__login_of__grant", "team")
    return states_of(list(rows.order_by("id")))


def is_opened(state: MailboxState) -> bool:
    """True once it is known whether the mailbox opens, or while nobody tries."""
    return state.mailbox.health != Health.NOT_FINISHED or not state.mailbox.is_enabled


def refused_beside(mailbox: Mailbox) -> list[RefusedAddress]:
    """The addresses that could not join the mailbox's connection, by name. One query."""
    return list(RefusedAddress.objects.filter(connection=mailbox.connection).order_by("address"))


def refused_of(mailboxes: Sequence[Mailbox]) -> list[tuple[Mailbox, list[str]]]:
    """Of each connection of these mailboxes that addresses could not join: its first mailbox, and those. One query."""
    first: dict[object, Mailbox] = {}
    for mailbox in mailboxes:
        first.setdefault(mailbox.connection_id, mailbox)
    by_connection: dict[object, list[str]] = {}
    for connection_id, address in RefusedAddress.objects.order_by("address").values_list("connection_id", "address"):
        by_connection.setdefault(connection_id, []).append(address)
    return [(first[key], addresses) for key, addresses in by_connection.items() if key in first]
