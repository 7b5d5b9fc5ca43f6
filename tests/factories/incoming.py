"""Mails as polling stores them: file, raw message, sighting and due work. Inside the scope of the organization."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from itertools import count
from typing import Any

from django.db import transaction

from helpdesk.lib import clock, files
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox, RawMessage, RemoteMessage, WholeFetch, WholeFetchState

_numbers = count(1)


def make_mail(
    *,
    subject: str = "Broken lamp",
    text: str = "The lamp does not work.\n",
    sender: str = "Anna Berg <anna@customer.test>",
    to: str = "support@fernhollow.test",
    message_id: str | None = "",
    answers: str = "",
    references: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
    files: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """The bytes of a mail. message_id: "" invents one, None leaves it out; ids are without brackets."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    if message_id is not None:
        mail["Message-ID"] = f"<{message_id or f'mail{next(_numbers)}@customer.test'}>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
    if references:
        mail["References"] = " ".join(f"<{reference}>" for reference in references)
    for name, value in headers:
        mail[name] = value
    mail.set_content(text)
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes().replace(b"\n", b"\r\n")


def store(
    mailbox: Mailbox, content: bytes, *, received_at: datetime | None = None, size_bytes: int | None = None, **raw: Any
) -> RawMessage:
    """The mail is stored and due to be processed."""
    key = files.write_durably(f"raw/{mailbox.organization_id}", content)
    values = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content), "stored_at": clock.now()} | raw
    with transaction.atomic():
        row: RawMessage = RawMessage.objects.create(mailbox=mailbox, storage_key=key, **values)
        RemoteMessage.objects.create(
            mailbox=mailbox,
            source_generation=1,
            folder="INBOX",
            epoch="1",
            remote_id=str(next(_numbers)),
            received_at=received_at or clock.now(),
            size_bytes=size_bytes or len(content),
            seen_at=clock.now(),
            raw=row,
        )
        work.enqueue(WorkKind.PROCESS, organization_id=required_organization_id(), row_id=row.id)
    return row


def process_due(*, budget_s: float = 60) -> int:
    """Everything due has been handed to the pipeline once; gives how many."""
    return drains.drain_now(WorkKind.PROCESS, budget_s=budget_s)


def receive(mailbox: Mailbox, *mails: bytes, **options: Any) -> list[RemoteMessage]:
    """The mails are stored and processed one after another; gives their sightings with the verdicts."""
    stored = []
    for mail in mails:
        stored.append(store(mailbox, mail, **options).id)
        process_due()
    by_raw = {sighting.raw_id: sighting for sighting in RemoteMessage.objects.filter(raw_id__in=stored).order_by("id")}
    return [by_raw[raw_id] for raw_id in stored]


def receive_head(mailbox: Mailbox, content: bytes, *, size_bytes: int = 80_000_000) -> RemoteMessage:
    """Of this mail only the headers came, as it was too large, and are processed; gives its sighting."""
    [sighting] = receive(mailbox, head_of(content), is_header_only=True, size_bytes=size_bytes)
    return sighting


def head_of(content: bytes) -> bytes:
    """The mail's header block as a server gives it."""
    head, end, _ = content.partition(b"\r\n\r\n")
    return head + end


def receive_rest(sighting: RemoteMessage, content: bytes) -> RemoteMessage:
    """The whole of a mail whose headers came has been fetched on a wish and is processed; gives its sighting anew."""
    store_rest(sighting, content)
    process_due()
    return RemoteMessage.objects.get(id=sighting.pk)


def store_rest(sighting: RemoteMessage, content: bytes) -> RawMessage:
    """The whole of a mail whose headers came has been fetched on a wish and is due to be processed."""
    head, moment = sighting.raw, clock.now()
    whole = store(sighting.mailbox, content)
    RemoteMessage.objects.filter(raw=whole).delete()
    RemoteMessage.objects.filter(raw=head).update(raw=whole, outcome="pending")
    WholeFetch.objects.create(
        raw=head,
        mailbox=sighting.mailbox,
        whole=whole,
        state=WholeFetchState.STORED,
        requested_at=moment,
        changed_at=moment,
    )
    return whole
