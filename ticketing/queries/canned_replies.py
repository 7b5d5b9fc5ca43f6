"""Canned replies as their pages and the composer show them. All inside the organization's scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox
from mailboxes.services.sending.primary import answering_mailbox
from ticketing.answering.canned import filled_reply
from ticketing.answering.vocabulary import Occasion
from ticketing.inbound.rules.written import actions_of
from ticketing.models import CannedReply, Rule, Ticket
from ticketing.models.rules import Act
from ticketing.queries.composer import newest_mail
from ticketing.queries.rules import kept_rules


def canned_replies() -> list[CannedReply]:
    """All by name, the retired ones last. One query."""
    return list(CannedReply.objects.select_related("team").order_by("-is_active", "name"))


def rules_sending(reply: CannedReply) -> list[Rule]:
    """The rules that send it, in order, those that are off among them. One query."""
    return [rule for rule in kept_rules() if _sends(rule, reply)]


@dataclass(frozen=True)
class Offered:
    """A canned reply for one ticket."""

    name: str
    team: str  # whose it is; "" for all
    html: str  # filled in; cleaned when it was saved, and what fills it is escaped


def offered_for(ticket: Ticket, *, organization: Organization) -> list[Offered]:
    """What people may put into an answer on this ticket: of its team first, then of all, by name."""
    own = Q(team=None) if ticket.team_id is None else Q(team=None) | Q(team_id=ticket.team_id)
    active = CannedReply.objects.filter(own, is_active=True)
    rows: Iterable[CannedReply] = active.select_related("team").order_by("name")
    replies = sorted(rows, key=lambda reply: reply.team_id is None)
    if not replies:
        return []
    newest = newest_mail(ticket)
    occasion = Occasion(
        organization=organization,
        mailbox=answering_mailbox(ticket.mailbox) or Mailbox(name=organization.name),
        ticket=ticket,
        received_at=newest.created_at if newest else ticket.created_at,
        opens_at=None,
    )
    return [
        Offered(reply.name, str(reply.team) if reply.team else "", filled_reply(reply, occasion).html)
        for reply in replies
    ]


def _sends(rule: Rule, reply: CannedReply) -> bool:
    return any(each.act is Act.CANNED and each.value == str(reply.pk) for each in actions_of(rule.actions))
