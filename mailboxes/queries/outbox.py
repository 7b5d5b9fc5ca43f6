"""The outbox as pages and commands show it. All inside the organization's scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from helpdesk.web.counts import BoundedCount, prepared_counts
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient, OutgoingServer

PAGE_SIZE = 50
MAX_COUNT = 1000
NEEDS_A_PERSON = (DeliveryState.UNKNOWN, DeliveryState.FAILED)
WAITING = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRY)
THROTTLING = ("rate", "throttled", "calls_spent", "too_many_connections")
PAGE_ORDER = ("-queued_at", "-id")
_TROUBLE = prepared_counts(
    lambda: [
        OutboxMessage.objects.filter(state__in=NEEDS_A_PERSON),
        OutgoingServer.objects.exclude(paused_at=None),
    ]
)


@dataclass(frozen=True)
class Delivery:
    """How the delivery of one mail stands."""

    outbox: OutboxMessage  # with its server
    recipients: tuple[OutboxRecipient, ...]

    @property
    def state(self) -> DeliveryState:
        """The gravest state of its recipients."""
        return DeliveryState(self.outbox.state)

    @property
    def is_paused(self) -> bool:
        """True if it waits because its server refused our log-in."""
        waits = self.state in (DeliveryState.QUEUED, DeliveryState.RETRY)
        return waits and self.outbox.outgoing is not None and self.outbox.outgoing.paused_at is not None

    @property
    def is_throttled(self) -> bool:
        """True if it waits for its turn, or because its server asked to wait; `next_try_at` says until when."""
        waits = self.state in (DeliveryState.QUEUED, DeliveryState.RETRY) and self.outbox.next_try_at is not None
        return waits and self.outbox.error_reason in THROTTLING and not self.is_paused

    @property
    def needs_a_person(self) -> bool:
        """True if nothing more happens by itself and not everybody got it."""
        return any(recipient.state in NEEDS_A_PERSON for recipient in self.recipients)

    def can_be_undone(self, now: datetime) -> bool:
        """True while the mail may still be taken back."""
        return self.state == DeliveryState.QUEUED and not self.outbox.attempts and now < self.outbox.send_after


def deliveries(outbox_ids: Iterable[int]) -> dict[int, Delivery]:
    """The deliveries by id of the outbox message, in two queries."""
    rows = OutboxMessage.objects.filter(id__in=list(outbox_ids))
    found = rows.select_related("outgoing").prefetch_related("recipients")
    return {outbox.id: _delivery(outbox) for outbox in found}


def outbox_page(
    states: Sequence[DeliveryState] = (), *, before: tuple[datetime, int] | None = None, size: int = PAGE_SIZE
) -> list[Delivery]:
    """The newest mails in these states (all when none is named) with their recipients, in two queries.

    before: `queued_at` and id of the last mail of the page above. One more than `size` comes if there is another page.
    """
    rows = outbox_rows(states)
    if before is not None:
        queued_at, row_id = before
        rows = rows.filter(Q(queued_at__lt=queued_at) | Q(queued_at=queued_at, id__lt=row_id))
    return [_delivery(outbox) for outbox in rows.order_by("-queued_at", "-id")[: size + 1]]


def outbox_rows(states: Sequence[DeliveryState] = ()) -> QuerySet[OutboxMessage]:
    """The mails in these states (all when none is named) with server, mailbox and recipients, in no order."""
    rows = OutboxMessage.objects.select_related("outgoing", "mailbox").prefetch_related("recipients")
    return rows.filter(state__in=states) if states else rows


def bounced_rows() -> QuerySet[OutboxMessage]:
    """The mails that came back as undeliverable from a recipient, as `outbox_rows` has them."""
    bounced = OutboxRecipient.objects.exclude(bounced_at=None)
    return outbox_rows().filter(id__in=bounced.values("outbox_id"))


def delivery_of(outbox: OutboxMessage) -> Delivery:
    """The delivery of a mail of `outbox_rows`, without a query."""
    return _delivery(outbox)


def paused_servers() -> list[tuple[OutgoingServer, int]]:
    """The outgoing servers that wait for a person, with how many mails wait for them. One query."""
    waiting = Count("outbox", filter=Q(outbox__state__in=WAITING))
    paused = OutgoingServer.objects.exclude(paused_at=None).annotate(waiting=waiting).order_by("paused_at", "id")
    return [(server, server.waiting) for server in paused]


def outbox_trouble() -> tuple[BoundedCount, bool]:
    """How many mails need a person, and whether an outgoing server does. One query."""
    stuck_count, paused_count = _TROUBLE.rows()
    return stuck_count, bool(paused_count)


def waiting_for(server_id: str) -> int:
    """How many mails wait for this outgoing server, counted no further than 1,000."""
    return OutboxMessage.objects.filter(outgoing_id=server_id, state__in=WAITING)[:MAX_COUNT].count()


def outbox_count(states: Sequence[DeliveryState] = NEEDS_A_PERSON) -> int:
    """How many mails are in these states, counted no further than 1,000."""
    return OutboxMessage.objects.filter(state__in=states)[:MAX_COUNT].count()


def _delivery(outbox: OutboxMessage) -> Delivery:
    recipients = sorted(outbox.recipients.all(), key=lambda recipient: recipient.id)
    return Delivery(outbox=outbox, recipients=tuple(recipients))
