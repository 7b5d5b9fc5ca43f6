"""How far the end-to-end tests of a mailbox are, told by what the real way has written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.connectors.registry import traits_of
from mailboxes.models import (
    DeliveryState,
    EndToEndTest,
    Mailbox,
    OutboxRecipient,
    Outcome,
    RealTime,
    RemoteMessage,
)
from mailboxes.services.liveness.health import interval_s

SENT_WITHIN = timedelta(seconds=60)
AT_ONCE = timedelta(seconds=30)  # where the server tells of new mail
BESIDES_INTERVAL = timedelta(seconds=60)  # the provider's own time, and ours
PROCESSED_WITHIN = timedelta(seconds=60)
WATCHED_FOR = timedelta(hours=1)
CHECK_MAIL = "check_mail"  # the verdict on a test mail; of the layer above


class Leg(StrEnum):
    """The parts of the way, in their order."""

    SEND = "send"
    ARRIVE = "arrive"
    FETCH = "fetch"
    READ = "read"
    DECIDE = "decide"


class Standing(StrEnum):
    """How the test as a whole is."""

    RUNNING = "running"
    LATE = "late"  # it goes on, and takes longer than it should
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class Progress:
    """One test, and everything that is known of its mail."""

    test: EndToEndTest
    mailbox: Mailbox
    recipient: OutboxRecipient | None  # in the outbox; None if a person sends it, or it was cleared away
    sighting: RemoteMessage | None
    poll: WorkItem | None
    at: datetime

    @property
    def sent_at(self) -> datetime | None:
        """When the outgoing server took it; of a mail that arrived before we heard, when it arrived."""
        if self.recipient is not None and self.recipient.state == DeliveryState.SENT:
            return self.recipient.outbox.sent_at
        return self.seen_at

    @property
    def seen_at(self) -> datetime | None:
        """When a poll saw it in the folder, or it was brought."""
        return self.sighting.seen_at if self.sighting else None

    @property
    def stored_at(self) -> datetime | None:
        """When our copy of it was stored."""
        return self.sighting.raw.stored_at if self.sighting and self.sighting.raw else None

    @property
    def stands_at(self) -> Leg | None:
        """The first part that has not ended; None once all have."""
        if self.test.judged_at is not None:
            return None
        ends = {Leg.SEND: self.sent_at, Leg.ARRIVE: self.seen_at, Leg.FETCH: self.stored_at}
        return next((leg for leg, end in ends.items() if end is None), Leg.READ)

    @property
    def standing(self) -> Standing:
        """How it is as a whole."""
        if self.stands_at is None:
            return Standing.DONE
        if self._was_refused or self._was_decided_otherwise:
            return Standing.FAILED
        return Standing.LATE if self.due_at is not None and self.at > self.due_at else Standing.RUNNING

    @property
    def due_at(self) -> datetime | None:
        """When the part that it stands at should have ended; None where a person has to do something."""
        match self.stands_at:
            case Leg.SEND:
                return None if self.test.is_by_hand else self.test.started_at + SENT_WITHIN
            case Leg.ARRIVE:
                return self.sent_at + patience(self.mailbox) if self.sent_at else None
            case Leg.FETCH:
                return self.seen_at + PROCESSED_WITHIN if self.seen_at else None
            case _:
                return self.stored_at + PROCESSED_WITHIN if self.stored_at else None

    @property
    def was_polled_since(self) -> bool:
        """True if the folder was read to its end after the mail had left."""
        done_at = self.poll.succeeded_at if self.poll else None
        return done_at is not None and self.sent_at is not None and done_at > self.sent_at

    @property
    def is_watched(self) -> bool:
        """True while something may still come of it soon."""
        is_open = self.standing in (Standing.RUNNING, Standing.LATE)
        return is_open and self.at - self.test.started_at < WATCHED_FOR

    @property
    def mark(self) -> str:
        """Changes with everything there is to show."""
        state = self.recipient.state if self.recipient else ""
        return f"{self.test.pk}-{self.standing}-{self.stands_at or 'end'}-{state}"

    @property
    def _was_refused(self) -> bool:
        state = self.recipient.state if self.recipient else ""
        return self.sighting is None and state in (DeliveryState.FAILED, DeliveryState.CANCELLED)

    @property
    def _was_decided_otherwise(self) -> bool:
        sighting = self.sighting
        return sighting is not None and sighting.outcome != Outcome.PENDING and sighting.reason_code != CHECK_MAIL


def patience(mailbox: Mailbox) -> timedelta:
    """Within what time a mail that has left should be seen in the folder."""
    if not traits_of(mailbox.connection.kind).is_polled:
        return BESIDES_INTERVAL
    if mailbox.is_real_time and mailbox.real_time == RealTime.LIVE:
        return AT_ONCE
    return timedelta(seconds=interval_s(mailbox)) + BESIDES_INTERVAL


def last_test(mailbox: Mailbox) -> Progress | None:
    """The latest test of the mailbox, whoever started it. At most four queries."""
    tests = EndToEndTest.objects.filter(mailbox=mailbox).select_related("sighting__raw", "sighting__mailbox")
    test = tests.select_related("started_by__user").order_by("-started_at", "-id").first()
    return progress_of(test, mailbox) if test else None


def progress_of(test: EndToEndTest, mailbox: Mailbox) -> Progress:
    """How far this test of this mailbox is, as of now. At most three queries."""
    poll = WorkItem.objects.filter(
        kind=WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.pk
    ).first()
    recipients = OutboxRecipient.objects.select_related("outbox__outgoing").filter(outbox_id=test.outbox_id)
    return Progress(
        test=test,
        mailbox=mailbox,
        recipient=recipients.first() if test.outbox_id else None,
        sighting=test.sighting or _seen(test),
        poll=poll,
        at=clock.now(),
    )


def _seen(test: EndToEndTest) -> RemoteMessage | None:
    """The mail in the ledger before it is judged; of one whose Message-ID was rewritten nothing is known until then."""
    if not test.message_id:
        return None
    since = RemoteMessage.objects.select_related("raw", "mailbox").filter(seen_at__gte=test.started_at)
    return since.filter(mailbox_id=test.mailbox_id, message_id=test.message_id).order_by("id").first()
