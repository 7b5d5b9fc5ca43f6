"""Where new tickets of a mailbox go (team, agent, category, company, priority), and the name it is answered under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from helpdesk.accounts.models import Category, Company, Membership, Team
from helpdesk.accounts.services import audit
from mailboxes.models import Mailbox, TicketPriority

_FIELDS = ("team", "assignee", "category", "company", "ticket_priority", "from_name")


@dataclass(frozen=True)
class Routing:
    """The defaults of new tickets, and the name in From."""

    team: Team | None
    assignee: Membership | None
    category: Category | None
    company: Company | None
    ticket_priority: TicketPriority
    from_name: str


@transaction.atomic
def choose_routing(mailbox: Mailbox, routing: Routing, *, actor: Membership | None = None) -> None:
    """New tickets of the mailbox go there. Needs the organization's scope."""
    before = {name: getattr(mailbox, name) for name in _FIELDS}
    after = {name: getattr(routing, name) for name in _FIELDS}
    for name, value in after.items():
        setattr(mailbox, name, value)
    mailbox.lost_team = ""
    mailbox.save(update_fields=[*_FIELDS, "lost_team"])
    changes = audit.differences(before, after=after)
    if changes:
        audit.record("mailbox.changed", target=mailbox, actor=actor, changes=changes)


def note_lost_team(*, team_id: int, name: str, **_: Any) -> None:
    """The mailboxes of a team that is about to be deleted know what they lose. In the transaction that deletes it."""
    Mailbox.objects.filter(team_id=team_id).update(lost_team=name)
