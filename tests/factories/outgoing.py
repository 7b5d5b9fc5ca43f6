"""Outgoing servers, mailboxes that use them, and queued mails. All inside the scope of the organization."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

from helpdesk.lib import clock
from helpdesk.tenancy.secrets import seal_for
from mailboxes.models import (
    Cause,
    Connection,
    Mailbox,
    OutboxMessage,
    OutgoingServer,
    RecipientKind,
    SecurityChoice,
)
from mailboxes.services.sending.outbox import NewMail, queue

_numbers = count(1)


def make_outgoing_server(port: int = 587, *, username: str = "", password: str = "", **fields: Any) -> OutgoingServer:
    """A server on loopback in clear text, which tests allow."""
    values = {"host": "127.0.0.1", "port": port, "security": SecurityChoice.NONE, "username": username} | fields
    server = OutgoingServer(**values)
    server.claim_organization()
    server.password_sealed = seal_for(server, "password_sealed", password)
    server.save()
    return server


def make_mailbox(server: OutgoingServer | None = None, **fields: Any) -> Mailbox:
    """A mailbox that sends through `server`; its connection leads nowhere unless one is given."""
    number = next(_numbers)
    if "connection" not in fields:
        fields["connection"] = Connection.objects.create(host="imap.invalid", username=f"user{number}")
    defaults = {"name": "Support", "address": f"support{number}@fernhollow.test", "from_name": "Fernhollow Support"}
    mailbox: Mailbox = Mailbox.objects.create(outgoing=server, **(defaults | fields))
    return mailbox


def sent_of(mailbox: Mailbox) -> Mailbox:
    """What reads the folder of sent mail of this mailbox's account."""
    return make_mailbox(
        name=f"{mailbox.name}, sent mail",
        address=mailbox.address,
        connection=mailbox.connection,
        folder="Sent",
        holds_sent=True,
        answers_only=True,
    )


def queue_mail(
    server: OutgoingServer,
    *,
    to: Sequence[str] = ("anna@customer.test",),
    mailbox: Mailbox | None = None,
    send_after: datetime | None = None,
    content: bytes = b"",
) -> OutboxMessage:
    """A small mail in the outbox, due at once unless said otherwise."""
    message_id = f"mail{next(_numbers)}.{server.id}@fernhollow.test"
    body = content or f"Message-ID: <{message_id}>\r\nSubject: Hello\r\n\r\nHello\r\n".encode()
    return queue(
        NewMail(
            mailbox=mailbox,
            server=server,
            content=body,
            message_id=message_id,
            subject="Hello",
            mail_from="support@fernhollow.test",
            recipients=[(RecipientKind.TO, address) for address in to],
            cause=Cause.AGENT,
            cause_id="1",
            ticket_id=None,
            send_after=send_after or clock.now(),
        )
    )
