"""What loop protection stopped, and which tickets the mail before that had touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.lib import clock
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from ticketing.models import Breaker, ContactAddress, FloodScope, Ticket

SHOWN = 50  # breakers
WITH_TICKETS = 10  # of them, the first: each is looked for by itself; the log has what the others stopped
_TICKETS = 20  # of each
_ON_TICKETS = (Outcome.CREATED, Outcome.ADDED, Outcome.SPAM)


@dataclass(frozen=True)
class BreakerView:
    """One breaker as its page shows it."""

    breaker: Breaker
    stands: bool
    mailbox: str  # its name, where the breaker is of one mailbox
    tickets: list[Ticket]  # touched within the window before, the newest first
    log_query: str  # of the inbound log: what was stopped


def breakers() -> list[BreakerView]:
    """The newest breakers, those that stand first. Inside the scope."""
    moment = clock.now()
    rows = list(Breaker.objects.select_related("resumed_by__user").order_by("-tripped_at")[:SHOWN])
    rows.sort(key=lambda row: not _stands(row, at=moment))
    ids = {mailbox_id for row in rows if (mailbox_id := mailbox_of(row))}
    names = dict(Mailbox.objects.filter(id__in=ids).values_list("id", "name"))
    return [
        _view(row, stands=_stands(row, at=moment), names=names, has_tickets=place < WITH_TICKETS)
        for place, row in enumerate(rows)
    ]


def mailbox_of(breaker: Breaker) -> int | None:
    """The mailbox whose mail it stops; None: every mailbox's."""
    number = breaker.key if breaker.scope == FloodScope.MAILBOX else breaker.key.partition(" ")[2]
    return int(number) if number else None


def mailbox_name(breaker: Breaker) -> str:
    """Of the mailbox whose mail it stops. One query."""
    return Mailbox.objects.filter(id=mailbox_of(breaker) or 0).values_list("name", flat=True).first() or "–"


def _stands(breaker: Breaker, *, at: datetime) -> bool:
    return breaker.resumed_at is None and breaker.until > at


def _view(breaker: Breaker, *, stands: bool, names: Mapping[int, str], has_tickets: bool) -> BreakerView:
    mailbox_id, sender = mailbox_of(breaker), breaker.key.partition(" ")[0]
    query = f"outcome={Outcome.LOOP.value}"
    if mailbox_id is not None:
        query = f"{query}&mailbox={mailbox_id}"
    is_of_mailbox, is_of_all = breaker.scope == FloodScope.MAILBOX, breaker.scope == FloodScope.STRANGERS
    tickets: list[Ticket] = []
    if has_tickets and not is_of_all:
        tickets = _opened(breaker) if is_of_mailbox else _touched(breaker, sender)
    return BreakerView(
        breaker,
        stands=stands,
        mailbox=names.get(mailbox_id or 0, "–"),
        tickets=tickets,
        log_query=query if is_of_mailbox or is_of_all else f"{query}&q={sender}",
    )


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
