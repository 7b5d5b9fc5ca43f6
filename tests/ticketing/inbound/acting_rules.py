"""A rule that is on, and mail that it acts on."""

from __future__ import annotations

from typing import Any

from mailboxes.models import Mailbox, RemoteMessage
from tests.factories.incoming import make_mail, receive
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models import Rule, Ticket
from ticketing.models.rules import Compare, Look
from ticketing.services.rules.saving import RuleInput, create_rule

STOVE = Condition(Look.SUBJECT, Compare.CONTAINS, ("stove",))


def add_rule(*does: Action, when: Group | Condition = STOVE, name: str = "Stoves", **more: Any) -> Rule:
    """A rule that is on."""
    group = when if isinstance(when, Group) else Group(parts=(when,))
    return create_rule(RuleInput(name, group, does, **more))


def came(mailbox: Mailbox, subject: str = "My stove hisses", **mail: Any) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, make_mail(subject=subject, **mail))
    return seen


def ticket_of(seen: RemoteMessage) -> Ticket:
    """The ticket that the mail is in."""
    found: Ticket = Ticket.objects.get(id=seen.ticket_id)
    return found
