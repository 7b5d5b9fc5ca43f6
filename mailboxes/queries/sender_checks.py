"""What is known of the addresses a mailbox sends from, for its pages and the composer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.lib import clock
from mailboxes.models import DeliveryState, Mailbox, OutboxRecipient, OutgoingServer, SenderCheck
from mailboxes.outbox_words import reason_words
from mailboxes.services.sending.outgoing_servers import server_for
from mailboxes.services.sending.sender_checks import own_addresses, way_of

ARRIVES_WITHIN = timedelta(minutes=15)
_LEAVING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRY)


@dataclass(frozen=True)
class SenderState:
    """One address, and what its last test came to."""

    address: str
    words: str | Promise
    tone: str = ""  # of a pill
    icon: str = "clock"
    at: datetime | None = None
    server_words: str = ""
    is_verified: bool = False


def sender_states(mailbox: Mailbox) -> list[SenderState]:
    """The mailbox's address and its aliases, in that order. At most four queries."""
    server = server_for(mailbox)
    if server is None:
        nowhere = gettext_lazy("No outgoing server")
        return [SenderState(address, nowhere, "warn", "alert") for address in own_addresses(mailbox)]
    checks = {check.address: check for check in SenderCheck.objects.filter(mailbox=mailbox)}
    sent = OutboxRecipient.objects.filter(outbox__in=[check.outbox_id for check in checks.values()])
    recipients = {recipient.outbox_id: recipient for recipient in sent}
    return [_state(address, checks.get(address), recipients, server=server) for address in own_addresses(mailbox)]


def sender_verified_at(mailbox: Mailbox, server: OutgoingServer, *, address: str) -> datetime | None:
    """When a test mail showed that mail may leave from this address of the mailbox by this server; None if none did."""
    checks = SenderCheck.objects.filter(mailbox=mailbox, address=address, arrived_from=address)
    return checks.filter(way=way_of(server)).values_list("arrived_at", flat=True).first()


def sender_for(mailbox: Mailbox, server: OutgoingServer, *, written_to: Sequence[str]) -> str:
    """The address an answer leaves from, where the mail that it answers went to these, lower-cased.

    The mailbox's own, unless only others of its addresses were written to: then the first of them that a test mail has
    shown to be allowed by this server. One query, and none where there are no others.
    """
    named = [address for address in written_to if address in mailbox.aliases]
    if not named or mailbox.address in written_to:
        return mailbox.address
    checks = SenderCheck.objects.filter(mailbox=mailbox, address__in=named, arrived_from=F("address"))
    allowed = set(checks.filter(way=way_of(server)).values_list("address", flat=True))
    return next((address for address in named if address in allowed), mailbox.address)


def _state(
    address: str, check: SenderCheck | None, recipients: dict[int, OutboxRecipient], *, server: OutgoingServer
) -> SenderState:
    if check is None:
        return SenderState(address, gettext_lazy("No test mail was sent yet"))
    if check.way != way_of(server):
        return SenderState(address, gettext_lazy("Mail leaves another way since the last test"))
    if check.arrived_at is not None:
        return _arrived(address, check)
    return _on_its_way(address, check, recipients.get(check.outbox_id or 0), server=server)


def _arrived(address: str, check: SenderCheck) -> SenderState:
    if check.arrived_from == address:
        words = gettext_lazy("Verified by a test mail")
        return SenderState(address, words, "ok", "check", at=check.arrived_at, is_verified=True)
    other = _("The test mail arrived with another From, %(address)s") % {"address": check.arrived_from or "–"}
    return SenderState(address, other, "bad", "alert", at=check.arrived_at)


def _on_its_way(
    address: str, check: SenderCheck, recipient: OutboxRecipient | None, *, server: OutgoingServer
) -> SenderState:
    state = recipient.state if recipient is not None else DeliveryState.SENT
    if state in _LEAVING:
        leaving, said = gettext_lazy("The test mail is on its way out"), recipient.detail if recipient else ""
        return SenderState(address, leaving, at=check.asked_at, server_words=said)
    if state == DeliveryState.UNKNOWN:
        words = gettext_lazy("Whether the server took the test mail is not known")
        return SenderState(address, words, "warn", "alert", at=check.asked_at)
    if recipient is not None and state in (DeliveryState.FAILED, DeliveryState.CANCELLED):
        refused = gettext_lazy("The server refused the test mail")
        said = recipient.detail or str(reason_words(recipient.reason, server=server) if recipient.reason else "")
        return SenderState(address, refused, "bad", "alert", at=check.asked_at, server_words=said)
    if clock.now() - check.asked_at > ARRIVES_WITHIN:
        lost = gettext_lazy("The server took the test mail, but it has not arrived")
        return SenderState(address, lost, "warn", "alert", at=check.asked_at)
    return SenderState(
        address, gettext_lazy("The server took the test mail; it has not arrived yet"), at=check.asked_at
    )
