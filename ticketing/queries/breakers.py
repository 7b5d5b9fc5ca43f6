"""What loop protection stopped, and which tickets the mail or the answers before that had touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from mailboxes.models import Mailbox, Outcome
from ticketing.models import Breaker, FloodScope, Ticket

SHOWN = 50  # breakers


@dataclass(frozen=True)
class BreakerView:
    """One breaker as its page shows it."""

    breaker: Breaker
    stands: bool
    is_of_answers: bool  # what goes out was stopped, not what comes in
    mailbox: str  # its name, where the breaker is of one mailbox
    tickets: list[Ticket]  # touched within the window before, the newest first; number and id alone
    log_query: str  # of the inbound log: what was stopped, or the mail that was not answered


def breakers() -> list[BreakerView]:
    """The newest breakers, those that stand first. Three queries, inside the scope."""
    moment = clock.now()
    rows = list(Breaker.objects.select_related("resumed_by__user").order_by("-tripped_at")[:SHOWN])
    rows.sort(key=lambda row: not _stands(row, at=moment))
    ids = {mailbox_id for row in rows if (mailbox_id := mailbox_of(row))}
    names = dict(Mailbox.objects.filter(id__in=ids).values_list("id", "name"))
    touched = Ticket.objects.filter(id__in={pk for row in rows for pk in row.touched}).only("number")
    tickets = {ticket.pk: ticket for ticket in touched}
    return [
        BreakerView(
            row,
            stands=_stands(row, at=moment),
            is_of_answers=FloodScope(row.scope).is_of_answers,
            mailbox=names.get(mailbox_of(row) or 0, "–"),
            tickets=[tickets[pk] for pk in row.touched if pk in tickets],
            log_query=_log_query(row),
        )
        for row in rows
    ]


def touched_numbers(breaker: Breaker) -> list[int]:
    """The numbers of the tickets that it names, the newest first. One query."""
    found = Ticket.objects.filter(id__in=breaker.touched).order_by("-id")
    return list(found.values_list("number", flat=True))


def mailbox_of(breaker: Breaker) -> int | None:
    """The mailbox whose mail or answers it stops; None: every mailbox's."""
    is_of_mailbox = FloodScope(breaker.scope).is_of_mailbox
    number = breaker.key if is_of_mailbox else breaker.key.partition(" ")[2]
    return int(number) if number else None


def mailbox_name(breaker: Breaker) -> str:
    """Of the mailbox whose mail it stops. One query."""
    return Mailbox.objects.filter(id=mailbox_of(breaker) or 0).values_list("name", flat=True).first() or "–"


def breaker_label(breaker: Breaker) -> str:
    """Whose mail or answers it stops, in words and names, as the configuration log has it. At most one query."""
    scope, who = FloodScope(breaker.scope), breaker.key.partition(" ")[0]
    if scope is FloodScope.STRANGERS:
        return _("unknown senders")
    if mailbox_of(breaker) is None:
        return who
    mailbox = mailbox_name(breaker)
    return mailbox if scope.is_of_mailbox else f"{who} ({mailbox})"


def _stands(breaker: Breaker, *, at: datetime) -> bool:
    return breaker.resumed_at is None and breaker.until > at


def _log_query(breaker: Breaker) -> str:
    scope, mailbox_id = FloodScope(breaker.scope), mailbox_of(breaker)
    wanted: dict[str, str | int] = {} if scope.is_of_answers else {"outcome": Outcome.LOOP.value}
    if mailbox_id is not None:
        wanted["mailbox"] = mailbox_id
    if not scope.is_of_mailbox and scope is not FloodScope.STRANGERS:
        wanted["q"] = breaker.key.partition(" ")[0]
    return urlencode(wanted)
