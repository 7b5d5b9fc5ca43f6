"""The people that outgoing mails of these tests go to, and when a mail is tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import OutboxMessage

ANNA, BO, CEM = "anna@customer.test", "bo@customer.test", "cem@customer.test"
Deliver = Callable[[], int]
States = Callable[[OutboxMessage], dict[str, str]]


def due_again(outbox: OutboxMessage) -> Any:
    """When a worker takes up the mail next."""
    return WorkItem.objects.get(kind=WorkKind.DELIVER, row_id=outbox.id).due_at
