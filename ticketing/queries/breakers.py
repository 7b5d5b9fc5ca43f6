"""What loop protection stopped, and which tickets the mail before that had touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdesk.lib import clock
from mailboxes.models import Outcome, RemoteMessage
from ticketing.models import Breaker, ContactAddress, FloodScope, Ticket

SHOWN = 50  # breakers
_TICKETS = 20  # of each
_ON_TICKETS = (Outcome.CREATED, Outcome.ADDED, Outcome.SPAM)


@dataclass(frozen=True)
class BreakerView:
    """One breaker as its page shows it."""

    breaker: Breaker
    stands: bool
    tickets: list[Ticket]  # touched within the window before, the newest first
    log_query: str  # of the inbound log: what was stopped


def breakers() -> list[BreakerView]:
    """The newest breakers, those that stand first. Inside the scope."""
    moment = clock.now()
    rows = Breaker.objects.select_related("resumed_by__user").order_by("-tripped_at")[:SHOWN]
    views = [_view(row, stands=row.resumed_at is None and row.until > moment) for row in rows]
    return sorted(views, key=lambda view: not view.stands)


def _view(breaker: Breaker, *, stands: bool) -> BreakerView:
    sender, _space, mailbox_id = breaker.key.partition(" ")
    query = f"outcome={Outcome.LOOP.value}"
    if breaker.scope == FloodScope.MAILBOX:
        return BreakerView(breaker, stands, _opened(breaker), f"{query}&mailbox={breaker.key}")
    if mailbox_id:
        query = f"{query}&mailbox={mailbox_id}"
    return BreakerView(breaker, stands, _touched(breaker, sender), f"{query}&q={sender}")


def _touched(breaker: Breaker, sender: str) -> list[Ticket]:
    """By the log: on the tickets such mail may stand under another contact than the sender's."""
    since = breaker.tripped_at - timedelta(minutes=breaker.window_minutes)
    theirs = ContactAddress.objects.filter(contact__addresses__address=sender).values_list("address", flat=True)
    seen = RemoteMessage.objects.filter(
        sender__in={sender, *theirs}, seen_at__gt=since, seen_at__lte=breaker.tripped_at, outcome__in=_ON_TICKETS
    )
    return list(Ticket.objects.filter(id__in=seen.values("ticket_id")).order_by("-id")[:_TICKETS])


def _opened(breaker: Breaker) -> list[Ticket]:
    since = breaker.tripped_at - timedelta(minutes=breaker.window_minutes)
    opened = Ticket.objects.filter(mailbox_id=int(breaker.key), created_at__gt=since)
    return list(opened.filter(created_at__lte=breaker.tripped_at).order_by("-id")[:_TICKETS])
