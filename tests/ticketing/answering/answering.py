"""What tests of automatic answers share."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

from helpdesk.lib import files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import OutboxMessage
from ticketing.services.answer_policy import PolicyInput, policy_of, set_answer_policy


def answer_due() -> None:
    """What is due to be answered is in the outbox, or withheld."""
    drains.drain_now(WorkKind.ANSWER, budget_s=60)


def switch_on(mailbox: Any = None, **wanted: bool | None) -> None:
    """Answers are on: for one mailbox, or for all."""
    values: dict[str, bool | None] = {"acknowledges": True, "tells_not_worked": None} | wanted
    set_answer_policy(mailbox, PolicyInput(**values), version=policy_of(mailbox).version)


def sent_mails() -> list[Any]:
    """Every mail in the outbox, parsed."""
    keys = OutboxMessage.objects.order_by("id").values_list("storage_key", flat=True)
    return [message_from_bytes(files.read(key), policy=policy.default) for key in keys]
