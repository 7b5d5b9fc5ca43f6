"""Answers of an agent, as they are written and as they leave."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any, cast

from helpdesk.lib import clock, files
from ticketing.models import Attachment, Draft, Message
from ticketing.outbound.content import store_blobs

Reply = Callable[..., Message]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def sent(message: Message) -> EmailMessage:
    """The mail that the outbox holds for the message."""
    assert message.outbox is not None
    raw = files.read(message.outbox.storage_key)
    return cast("EmailMessage", email.message_from_bytes(raw, policy=email.policy.default))


def attach(desk: Any, *, name: str = "plan.pdf", data: bytes = b"%PDF-1.4 plan", **fields: Any) -> Attachment:
    """A file in the draft of the desk's agent."""
    draft, _ = Draft.objects.get_or_create(
        ticket=desk.ticket, membership=desk.agent, mode="reply", defaults={"saved_at": clock.now()}
    )
    digest = hashlib.sha256(data).hexdigest()
    attachment: Attachment = Attachment.objects.create(
        draft=draft,
        blob_id=store_blobs({digest: data})[digest],
        filename=name,
        content_type="application/pdf",
        size_bytes=len(data),
        created_at=clock.now(),
        **fields,
    )
    return attachment
