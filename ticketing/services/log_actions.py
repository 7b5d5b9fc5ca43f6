"""What can be done with messages of the inbound log: each by its name in the address, for one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from mailboxes.models import Outcome, RawState, RemoteMessage
from mailboxes.services.reading.retrying import fetch_again
from ticketing.models import Message, Ticket
from ticketing.order_words import left_spam
from ticketing.queries.tickets import ticket_numbered
from ticketing.services import changes
from ticketing.services.accepting import accept_sender, is_proven
from ticketing.services.blocking import block_sender, unblock_sender
from ticketing.services.history import By
from ticketing.services.intake_retry import SETTING_OUTCOMES, decide_again, retry_raw
from ticketing.services.mail_orders import DECIDABLE, JOINABLE, can_join, can_release, discard, join, release
from ticketing.services.moving import move_message, split_off

Check = Callable[[str, Membership], object]
Run = Callable[[RemoteMessage, Membership, str], str]  # message, who, what was typed; gives what to say


_ON_TICKET = (Outcome.SPAM, Outcome.CREATED, Outcome.ADDED)  # outcomes of what is a message there
MOST_MOVED = 1000  # messages that go into a ticket, or out of theirs, at once


@dataclass(frozen=True)
class LogAction:
    """One of them."""

    run: Run  # raises DomainError
    capability: Capability
    many: Promise | str = ""  # what it is called for several; "" where it is for one alone
    outcomes: frozenset[Outcome] = frozenset()  # of several, those that it is for
    check: Check | None = None  # of what was typed, before anything is done; raises DomainError
    most: int | None = None  # of several, how many at once: what cannot be taken back by one click


class NotHere(DomainError):
    """The message, or what was named, is not such a one (any more)."""

    code = "not_here"


def can_retry(entry: RemoteMessage) -> bool:
    """True if it could not be fetched or processed, and can be tried again."""
    return entry.outcome == Outcome.FAILED and (entry.raw is None or entry.raw.state == RawState.QUARANTINED)


def message_of(entry: RemoteMessage) -> Message | None:
    """The message of a ticket that was made from it."""
    if entry.raw_id is None:
        return None
    found: Message | None = Message.objects.select_related("ticket").filter(raw_id=entry.raw_id).first()
    return found


def _retry(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    if entry.raw is None:
        fetch_again(entry, actor=actor)
    elif entry.outcome in SETTING_OUTCOMES:
        decide_again(entry.raw, actor=actor)
    else:
        retry_raw(entry.raw, actor=actor)
    return _("It is being tried again.")


def _release(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    release(entry, actor=actor)
    return _("It is let in, and decided anew without what kept it out.")


def _accept(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    accept_sender(entry, actor=actor)
    release(entry, actor=actor)
    words = _("It is let in, and %(sender)s is a known contact from now on.") % {"sender": entry.sender}
    if is_proven(entry):
        return words
    lacks = _("Nothing proves that it comes from there, so the next one waits, too: see Proof of senders.")
    return f"{words} {lacks}"


def _discard(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    discard(entry, actor=actor)
    return _("Discarded. It stays in the log, and can still be let in while its source is kept.")


def _join(entry: RemoteMessage, actor: Membership, typed: str) -> str:
    ticket = ticket_named(typed, actor)
    message = message_of(entry)
    if message is None:
        join(entry, ticket=ticket, actor=actor)
    else:
        move_message(message, ticket=ticket, by=By(actor=actor))
    return _("It goes into ticket #%(number)s.") % {"number": ticket.number}


def _split(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    message = message_of(entry)
    if message is None:
        raise NotHere(_("No ticket has this message any more. Reload the log."))
    former = message.ticket
    ticket = split_off(message, by=By(actor=actor))
    said = _("It is ticket #%(number)s now. What answers it goes there.") % {"number": ticket.number}
    return f"{said} {left_spam()}" if former.is_spam else said


def _not_spam(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    tickets = list(_among_spam(entry))
    if not tickets:
        raise NotHere(_("It is not among the spam any more."))
    changes.mark_spam(tickets, is_spam=False, by=By(actor=actor))
    return _("Not spam: its ticket is where it would have been.")


def _among_spam(entry: RemoteMessage) -> QuerySet[Ticket]:
    """Its ticket, if that is among the spam now, whatever was said when the message came."""
    found: QuerySet[Ticket] = Ticket.objects.filter(pk=entry.ticket_id, is_spam=True)
    return found


def _block(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    place = block_sender(entry.sender, mailbox=entry.mailbox, actor=actor)
    name = place.name if place else _("all mailboxes")
    return _("Mail from %(sender)s is ignored from now on, by the filter of %(name)s.") % {
        "sender": entry.sender,
        "name": name,
    }


def _unblock(entry: RemoteMessage, actor: Membership, _typed: str) -> str:
    unblock_sender(entry.sender, mailbox=entry.mailbox, actor=actor)
    return _("Mail from %(sender)s comes in again.") % {"sender": entry.sender}


def ticket_named(typed: str, actor: Membership) -> Ticket:
    """The ticket whose number somebody typed, for who may see it. Raises NotHere."""
    number = typed.strip().lstrip("#")
    ticket = ticket_numbered(int(number), actor=actor) if number.isdecimal() and len(number) < 19 else None
    if ticket is None:
        raise NotHere(_("There is no ticket with this number. Write it as it stands on the ticket, such as 4817."))
    return ticket


ACTIONS: Mapping[str, LogAction] = {
    "release": LogAction(_release, Capability.MANAGE_CHANNELS, gettext_lazy("Release"), frozenset(DECIDABLE)),
    "accept": LogAction(
        _accept, Capability.MANAGE_CHANNELS, gettext_lazy("Release and accept sender"), frozenset({Outcome.HELD})
    ),
    "discard": LogAction(_discard, Capability.MANAGE_CHANNELS, gettext_lazy("Discard"), frozenset(DECIDABLE)),
    "retry": LogAction(
        _retry, Capability.MANAGE_CHANNELS, gettext_lazy("Retry"), frozenset({Outcome.FAILED, *SETTING_OUTCOMES})
    ),
    "not-spam": LogAction(_not_spam, Capability.WORK_TICKETS, gettext_lazy("Not spam"), frozenset({Outcome.SPAM})),
    "block": LogAction(_block, Capability.MANAGE_CHANNELS, gettext_lazy("Block sender"), frozenset(Outcome)),
    "unblock": LogAction(_unblock, Capability.MANAGE_CHANNELS),
    "join": LogAction(
        _join,
        Capability.WORK_TICKETS,
        gettext_lazy("Join to ticket"),
        frozenset({*JOINABLE, Outcome.CREATED, Outcome.ADDED}),
        check=ticket_named,
        most=MOST_MOVED,
    ),
    "split": LogAction(
        _split, Capability.WORK_TICKETS, gettext_lazy("Split off"), frozenset({Outcome.ADDED}), most=MOST_MOVED
    ),
}


def offered(entry: RemoteMessage) -> set[str]:
    """The names of what makes sense for this message as it stands. The entry has mailbox and raw; at most one query."""
    found = {
        "retry": can_retry(entry),
        "release": can_release(entry),
        "accept": entry.outcome == Outcome.HELD and can_release(entry) and bool(entry.sender),
        "discard": entry.outcome in DECIDABLE,
        "split": entry.outcome == Outcome.ADDED,
        "join": can_join(entry) or entry.outcome in (Outcome.CREATED, Outcome.ADDED),
        "not-spam": entry.outcome in _ON_TICKET and _among_spam(entry).exists(),
        "block": bool(entry.sender) and entry.outcome not in (Outcome.PENDING, Outcome.BOUNCE),
    }
    return {name for name, is_offered in found.items() if is_offered}
