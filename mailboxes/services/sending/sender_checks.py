"""Test sends that show whether mail may leave from an address of a mailbox. Needs the organization's scope.

    asked ─▶ outbox, by the mailbox's real way ─▶ accepted or refused ─▶ the intake sees it come back, with its From

A check is the last one of its address; it counts while the outgoing server and the account on it are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import (
    Cause,
    FilingState,
    Mailbox,
    OutboxMessage,
    OutgoingServer,
    RecipientKind,
    SenderCheck,
)
from mailboxes.services.sending.check_mail import CheckMark, check_mail_to, name_in_id
from mailboxes.services.sending.outbox import NewMail, queue
from mailboxes.services.sending.outgoing_servers import server_for

AGAIN_AFTER = timedelta(seconds=30)


@transaction.atomic
def ask_sender_check(mailbox: Mailbox, *, address: str, actor: Membership) -> SenderCheck:
    """A marked mail from this address to the mailbox is in the outbox, and nothing is known of it yet.

    Raises DomainError: not_own for an address that is none of the mailbox's, no_server, too_soon.
    """
    address = address.strip().lower()
    server = server_for(mailbox)
    _refuse_what_cannot_be(mailbox, address=address, server=server)
    assert server is not None
    message_id, content = check_mail_to(mailbox.address, sender=address)
    outbox = _queued(mailbox, server, message_id=message_id, content=content, address=address)
    check: SenderCheck = SenderCheck.objects.update_or_create(
        mailbox=mailbox,
        address=address,
        defaults={
            "way": way_of(server),
            "asked_at": clock.now(),
            "message_id": message_id,
            "outbox": outbox,
            "arrived_at": None,
            "arrived_from": "",
        },
    )[0]
    audit.record("mailbox.sender_checked", target=mailbox, actor=actor, changes={"address": (None, address)})
    return check


def sender_check_named(message_id: str, *, marks: Iterable[CheckMark], at: datetime) -> str:
    """The random part of the check that a mail is of, whatever became of its From; "" for none.

    message_id: without brackets; where a server has written another one, a second mark tells. at: when it was received.
    """
    name = name_in_id(message_id)
    if name and SenderCheck.objects.filter(message_id=message_id).exists():
        return name
    for mark in marks:
        check = _named(mark.name).first()
        if check is not None and mark.is_of(check.address, at=at):
            return mark.name
    return ""


def note_arrival(name: str, *, sender: str) -> None:
    """The mail of the check with this random part came in with this From; the first time counts.

    Inside the caller's transaction.
    """
    arrived = _named(name).filter(arrived_at=None)
    arrived.update(arrived_at=clock.now(), arrived_from=sender[:320])


def note_refusal(outbox: OutboxMessage) -> None:
    """The server refused mail from this further address of the mailbox: its test counts no more.

    Answers leave from the mailbox's own until another test comes back. Inside the caller's transaction.
    """
    checks = SenderCheck.objects.filter(mailbox_id=outbox.mailbox_id, address=outbox.mail_from)
    checks.exclude(address=F("mailbox__address")).update(
        outbox=outbox, asked_at=clock.now(), arrived_at=None, arrived_from=""
    )


def forget_other_addresses(mailbox: Mailbox) -> None:
    """Nothing is kept about addresses that the mailbox no longer has. Inside the caller's transaction."""
    SenderCheck.objects.filter(mailbox=mailbox).exclude(address__in=own_addresses(mailbox)).delete()


def own_addresses(mailbox: Mailbox) -> list[str]:
    """The mailbox's address and its aliases, as they are stored."""
    return list(dict.fromkeys([mailbox.address, *mailbox.aliases]))


def way_of(server: OutgoingServer) -> str:
    """A digest of where mail leaves and as whom; with another one a check counts no more."""
    account = server.login_of or server
    return hashlib.sha256(f"{server.kind} {server.host.lower()}:{server.port} {account.username}".encode()).hexdigest()


def _named(name: str) -> QuerySet[SenderCheck]:
    return SenderCheck.objects.filter(message_id__startswith=f"pr-check.{name}.")


def _refuse_what_cannot_be(mailbox: Mailbox, *, address: str, server: OutgoingServer | None) -> None:
    if address not in own_addresses(mailbox):
        raise DomainError(_("This is not an address of the mailbox."), code="not_own")
    if server is None:
        raise DomainError(_("The mailbox has no outgoing server. Add one, then test again."), code="no_server")
    if SenderCheck.objects.filter(mailbox=mailbox, address=address, asked_at__gt=clock.now() - AGAIN_AFTER).exists():
        raise DomainError(_("A test mail has just been sent. Wait half a minute, then test again."), code="too_soon")


def _queued(
    mailbox: Mailbox, server: OutgoingServer, *, message_id: str, content: bytes, address: str
) -> OutboxMessage:
    """The mail is in the outbox; no copy of it is filed in Sent."""
    mail = NewMail(
        mailbox=mailbox,
        server=server,
        content=content,
        message_id=message_id,
        subject=_("Postroom: test of this mailbox"),
        mail_from=address,
        recipients=[(RecipientKind.TO, mailbox.address)],
        cause=Cause.NOTICE,
        cause_id="",
        ticket_id=None,
        send_after=clock.now(),
    )
    outbox = queue(mail)
    outbox.filing = FilingState.NONE
    outbox.save(update_fields=["filing"])
    return outbox
