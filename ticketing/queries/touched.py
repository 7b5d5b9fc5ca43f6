"""Which tickets stand for what was too much: those that such mail is on, or that such answers were given on."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from mailboxes.models import Outcome, RemoteMessage
from ticketing.inbound.floods import Key
from ticketing.models import AnswerState, AutomaticAnswer, ContactAddress, FloodScope, Ticket

SHOWN = 20  # tickets
_ON_TICKETS = (Outcome.CREATED, Outcome.ADDED, Outcome.SPAM)


def touched_ids(key: Key, *, since: datetime, until: datetime) -> list[int]:
    """The ids of the last of them, the newest first. One query; inside the scope."""
    return list(_found(key, since=since, until=until).order_by("-id").values_list("id", flat=True)[:SHOWN])


def _found(key: Key, *, since: datetime, until: datetime) -> QuerySet[Ticket]:
    scope, named = key
    who, _, mailbox = named.partition(" ")
    tickets: QuerySet[Ticket] = Ticket.objects.all()
    if scope.is_of_answers:
        mailbox_id = named if scope.is_of_mailbox else mailbox
        return tickets.filter(id__in=_answered(who, mailbox_id, since=since, until=until, is_any=scope.is_of_mailbox))
    if scope in (FloodScope.MAILBOX, FloodScope.STRANGERS):
        opened = tickets.filter(created_at__gt=since, created_at__lte=until)
        is_mailbox = scope is FloodScope.MAILBOX
        return opened.filter(mailbox_id=int(named)) if is_mailbox else opened.filter(requester__created_at__gt=since)
    return tickets.filter(id__in=_written(who, mailbox, since=since, until=until))


def _written(sender: str, mailbox_id: str, *, since: datetime, until: datetime) -> QuerySet[RemoteMessage]:
    """By the log: on the tickets such mail may stand under another contact than the sender's."""
    theirs = ContactAddress.objects.filter(contact__addresses__address=sender).values_list("address", flat=True)
    seen = RemoteMessage.objects.filter(
        sender__in={sender, *theirs}, seen_at__gt=since, seen_at__lte=until, outcome__in=_ON_TICKETS
    )
    seen = seen.filter(mailbox_id=int(mailbox_id)) if mailbox_id else seen
    return seen.values("ticket_id")  # type: ignore[return-value]  # rows of one column, for a subquery


def _answered(
    address: str, mailbox_id: str, *, since: datetime, until: datetime, is_any: bool
) -> QuerySet[AutomaticAnswer]:
    """is_any: to whatever address."""
    given = AutomaticAnswer.objects.filter(state=AnswerState.QUEUED, settled_at__gt=since, settled_at__lte=until)
    given = given if is_any else given.filter(budget_key=address)
    given = given.filter(raw__mailbox_id=int(mailbox_id)) if mailbox_id else given
    return given.exclude(ticket=None).values("ticket_id")  # type: ignore[return-value]  # the same
