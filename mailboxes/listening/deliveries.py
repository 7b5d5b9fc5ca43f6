"""What is answered to a mail server: aiosmtpd speaks the protocols, `services.push.receiving` keeps the mail.

2xx only after the commit. Nothing is ever passed on: whatever is no address of a mailbox is refused.
Everything that touches the database runs in threads of `pool`, never in the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import DatabaseError, close_old_connections

from helpdesk.lib.files import StorageDown
from helpdesk.tenancy.models import TokenPurpose
from mailboxes.services.push.push_addresses import PushTarget, find_by_address
from mailboxes.services.push.receiving import AddressGone, receive
from mailboxes.services.push.refusing import refusals
from mailboxes.services.reading.arrival_rate import exceeds_rate

logger = logging.getLogger(__name__)

T = TypeVar("T")
MAX_RECIPIENTS = 100
UNKNOWN = "550 5.1.1 No mailbox has this address"
NO_RELAYING = "550 5.7.1 Mail for this domain is not taken here"
LATER = "451 4.3.0 The mail cannot be taken now, try again later"
NO_STORAGE = "451 4.3.1 The mail cannot be stored now, try again later"
TOO_OFTEN = "451 4.7.1 This mailbox was sent too much mail within a minute, try again later"
TOO_MANY = "452 4.5.3 Too many recipients, send to the others separately"
EMPTY = "554 5.6.0 There is no mail in the message"


class Addressed(Envelope):
    """One mail on its way in, and the mailboxes it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[PushTarget] = []  # in the order of rcpt_tos


class Deliveries:
    """What aiosmtpd asks about each recipient and hands each mail to."""

    def __init__(self, pool: Executor, *, answers_each: bool) -> None:
        self._pool = pool
        self._answers_each = answers_each  # LMTP: one answer for each recipient (RFC 2033 section 4.2)

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Addressed, address: str, options: Sequence[str]
    ) -> str:
        """250 if a mailbox has the address and takes a mail of the size that was announced."""
        del server, session, options
        if len(envelope.targets) >= MAX_RECIPIENTS:
            return TOO_MANY
        if address.rpartition("@")[2].lower() != settings.MAIL_DOMAIN:
            return NO_RELAYING
        found = await self._in_thread(lambda: _look_up(address))
        if isinstance(found, str):
            return found
        if _announced_bytes(envelope) > found.max_bytes:
            return _too_large(found)
        limits = {target.max_bytes for target in envelope.targets}
        if limits - {found.max_bytes} and not self._answers_each:
            return TOO_MANY  # one answer for all of them must be true for all of them
        envelope.targets.append(found)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Addressed) -> str:  # noqa: N802  aiosmtpd's name
        """The mail is stored for every recipient, or the answer says for whom it is not and why."""
        del server, session
        content = bytes(envelope.original_content or b"")
        return_path = str(envelope.mail_from or "")
        targets = list(envelope.targets)
        answers = await self._in_thread(lambda: [_deliver(content, target, return_path) for target in targets])
        return "\r\n".join(answers) if self._answers_each else _one_for_all(answers)

    async def handle_exception(self, error: Exception) -> str:
        """The peer learns nothing but to come again; the log says what broke."""
        logger.error("receive.broke", extra={"error": type(error).__name__}, exc_info=error)
        return LATER

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _with_own_connection, work)


class SmtpServer(SMTP):
    """One connection of a mail server over SMTP."""

    line_length_limit = 64 * 1024 * 1024  # of a mail: its size is limited, its lines are not

    def _create_envelope(self) -> Addressed:
        return Addressed()

    async def handle_exception(self, error: Exception) -> str:
        """The answer to what broke on our side; the peer may begin anew."""
        self._set_rset_state()  # type: ignore[no-untyped-call]  # of aiosmtpd
        return str(await super().handle_exception(error))


class LmtpServer(SmtpServer, LMTP):
    """One connection of a mail server over LMTP."""


def protocol(pool: Executor, *, is_lmtp: bool, max_bytes: int) -> Any:
    """A new connection's protocol for asyncio. max_bytes: announced as SIZE; no mail above it is taken."""
    kind = LmtpServer if is_lmtp else SmtpServer
    return kind(
        Deliveries(pool, answers_each=is_lmtp),
        data_size_limit=max_bytes,
        enable_SMTPUTF8=True,
        hostname=settings.MAIL_DOMAIN,
        ident="Postroom",
    )


def _with_own_connection(work: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()


def _look_up(address: str) -> PushTarget | str:
    """Where the address leads, or the answer that refuses it."""
    try:
        target = find_by_address(address)
    except DatabaseError as error:
        logger.warning("receive.no_database", extra={"error": type(error).__name__})
        refusals.note((TokenPurpose.FORWARDING, address))
        return LATER
    if target is None:
        return UNKNOWN
    return TOO_OFTEN if exceeds_rate(target) else target


def _deliver(content: bytes, target: PushTarget, return_path: str) -> str:
    if len(content) > target.max_bytes:
        return _too_large(target)
    if not content.strip():
        return EMPTY
    try:
        receipt = receive(content, target=target, return_path=return_path)
    except AddressGone:
        return UNKNOWN
    except (StorageDown, DatabaseError) as error:
        logger.warning("receive.cannot_store", extra={"error": type(error).__name__})
        return NO_STORAGE if isinstance(error, StorageDown) else LATER
    return f"250 2.6.0 Stored as {receipt.sighting_id}"


def _one_for_all(answers: Sequence[str]) -> str:
    """SMTP has one answer for all recipients: what was stored for some is known when the mail comes again."""
    refused = {answer for answer in answers if not answer.startswith("250")}
    if not refused:
        return answers[0]
    return refused.pop() if len(set(answers)) == 1 else LATER


def _announced_bytes(envelope: Addressed) -> int:
    """RFC 1870: what MAIL said of the size; 0 when it said nothing."""
    sizes = [option.partition("=")[2] for option in envelope.mail_options if option.startswith("SIZE=")]
    return int(sizes[0]) if sizes and sizes[0].isdigit() else 0


def _too_large(target: PushTarget) -> str:
    return f"552 5.3.4 This mailbox takes mails of at most {target.max_bytes} bytes"
