"""Queueing outgoing mail and taking it back. Comes from `ticketing.outbound`; `delivering` takes it from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.lib import clock, faults, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.connectors.envelope import envelope_for
from mailboxes.connectors.errors import ConnectorError
from mailboxes.models import (
    Cause,
    DeliveryState,
    FilingState,
    Mailbox,
    OutboxMessage,
    OutboxRecipient,
    OutgoingServer,
    RecipientKind,
)
from mailboxes.services.sending.delivery_states import outbox_epoch
from mailboxes.services.sending.outgoing_servers import size_limit_bytes
from mailboxes.services.sending.suppressing import refuse_suppressed

MAX_UNDO_S = 60


@dataclass(frozen=True)
class NewMail:
    """A composed mail that is to leave."""

    mailbox: Mailbox | None  # whose Sent folder gets the copy; None: nobody's
    server: OutgoingServer
    content: bytes = field(repr=False)  # RFC 5322, CRLF; its Message-ID is `message_id`
    message_id: str  # without angle brackets
    subject: str
    mail_from: str  # envelope sender
    recipients: Sequence[tuple[RecipientKind, str]]
    cause: Cause
    cause_id: str
    ticket_id: int | None
    send_after: datetime  # at most a minute ahead; until then it can be withdrawn


def queue(mail: NewMail) -> OutboxMessage:
    """The mail is in the outbox and due at `send_after`; its bytes are on disk for good.

    Inside the caller's scope and transaction. A recipient named twice gets it once, as To before Cc before Bcc.
    Raises DomainError: no_recipients, bad_address, suppressed, too_large, storage_down.
    """
    recipients = _distinct(mail.recipients)
    _check(mail, addresses=list(recipients))
    organization_id = required_organization_id()
    try:
        key = files.write_durably(f"outbox/{organization_id}", mail.content)
    except files.StorageDown as error:
        raise DomainError(_("The mail could not be stored. Try again in a moment."), code="storage_down") from error
    faults.point("queue.written")
    with transaction.atomic():
        outbox = _outbox_row(mail, storage_key=key)
        OutboxRecipient.objects.bulk_create(
            [OutboxRecipient(outbox=outbox, address=address, kind=kind) for address, kind in recipients.items()]
        )
        work.enqueue(WorkKind.DELIVER, organization_id=organization_id, row_id=outbox.id, due_at=mail.send_after)
        drains.wake(WorkKind.DELIVER)
    return outbox


def withdraw(outbox: OutboxMessage) -> None:
    """The mail never leaves: it is cancelled before anybody began to send it. Inside the caller's transaction.

    Raises DomainError (too_late) when its time has passed or a worker has begun.
    """
    # The work item first, as the worker does it: whoever comes second waits, and then sees what the first did.
    work.withdraw(WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
    untouched = OutboxMessage.objects.filter(id=outbox.id, state=DeliveryState.QUEUED, attempts=0)
    if clock.now() > outbox.send_after or not untouched.update(state=DeliveryState.CANCELLED):
        raise DomainError(_("The mail is already on its way."), code="too_late")
    OutboxRecipient.objects.filter(outbox=outbox).update(state=DeliveryState.CANCELLED)


def check_address(address: str) -> None:
    """Raises DomainError (bad_address) for what no server may be told."""
    try:
        envelope_for(b"", mail_from="", recipients=[address], offers=lambda _extension: "")
    except ConnectorError as error:
        sentence = _("“%(address)s” is not an e-mail address.") % {"address": address[:100]}
        raise DomainError(sentence, code="bad_address") from error


def refuse_too_large(server: OutgoingServer, *, size_bytes: int) -> None:
    """Raises DomainError (too_large) for a mail of this size where the server takes less."""
    limit = size_limit_bytes(server)
    if size_bytes > limit:
        sentence = _("With its attachments this mail has %(size).1f MB; %(host)s takes at most %(limit).1f MB.")
        megabyte = 1024 * 1024
        numbers = {"size": size_bytes / megabyte, "limit": limit / megabyte, "host": server.label}
        raise DomainError(sentence % numbers, code="too_large")


def _distinct(recipients: Sequence[tuple[RecipientKind, str]]) -> dict[str, RecipientKind]:
    order = list(RecipientKind)
    kept: dict[str, tuple[str, RecipientKind]] = {}
    for kind, address in sorted(recipients, key=lambda recipient: order.index(recipient[0])):
        kept.setdefault(address.casefold(), (address, kind))
    return dict(kept.values())


def _check(mail: NewMail, *, addresses: Sequence[str]) -> None:
    if not addresses:
        raise DomainError(_("Name at least one recipient."), code="no_recipients")
    for address in addresses:
        check_address(address)
    refuse_suppressed(addresses)
    refuse_too_large(mail.server, size_bytes=len(mail.content))


def _outbox_row(mail: NewMail, *, storage_key: str) -> OutboxMessage:
    files_itself = mail.mailbox is None or not mail.mailbox.sent_filing
    outbox: OutboxMessage = OutboxMessage.objects.create(
        mailbox=mail.mailbox,
        outgoing=mail.server,
        message_id=mail.message_id,
        subject=mail.subject[:400],
        mail_from=mail.mail_from,
        storage_key=storage_key,
        size_bytes=len(mail.content),
        cause=mail.cause,
        cause_id=mail.cause_id,
        ticket_id=mail.ticket_id,
        epoch=outbox_epoch(),
        queued_at=clock.now(),
        send_after=mail.send_after,
        filing=FilingState.NONE if files_itself else FilingState.DUE,
    )
    return outbox
