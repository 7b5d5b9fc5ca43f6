"""What rules do beside the ticket's columns, once the mail's rows are written: in the same transaction.

From the counters on, which the transaction holds, nobody else writes history in the organization: so turns are taken
and hits counted without a lock of their own, and a second ticket is opened exactly once.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

from helpdesk.tenancy.state import required_organization_id
from ticketing.inbound.notice_texts import notice_filler
from ticketing.inbound.rules.compiled import CompiledRule
from ticketing.inbound.rules.copies import open_copy
from ticketing.inbound.rules.effects import RuleEffects
from ticketing.models import MessageRecipient, Tag, TicketTag
from ticketing.models.message import ADDED
from ticketing.models.rules import TeamTurn
from ticketing.services.notes import add_note_of_rule

if TYPE_CHECKING:
    from ticketing.inbound.ticket_rows import Change

_COUNT = (
    "INSERT INTO ticketing_ruleday (organization_id, rule_id, day, hits, last_at) VALUES (%s, %s, %s, 1, %s)"
    " ON CONFLICT (organization_id, rule_id, day)"
    " DO UPDATE SET hits = ticketing_ruleday.hits + 1, last_at = EXCLUDED.last_at"
)


def tag_ids(effects: RuleEffects) -> tuple[int, ...]:
    """The ids of the tags that rules add; those that are missing are made."""
    return tuple(
        tag.id if tag.id is not None else Tag.objects.create(name=tag.name, hue=tag.hue).pk
        for tag in effects.added_tags
    )


def act(effects: RuleEffects, *, change: Change) -> None:
    """Everything is done that the ticket's columns do not hold. In the caller's transaction, behind its rows."""
    if effects.removed_tags:
        gone = [tag.id for tag in effects.removed_tags]
        TicketTag.objects.filter(ticket_id=change.ticket_id, tag_id__in=gone).delete()
    for team_id, membership_id in effects.turns.items():
        TeamTurn.objects.update_or_create(team_id=team_id, defaults={"membership_id": membership_id})
    filled = notice_filler(change.envelope, change.mapped, number=change.ticket_number)
    for rule, text in effects.notes:
        add_note_of_rule(change.ticket_id, rule_id=rule.id, rule_name=rule.name, text=filled(text))
    for rule, team_id in effects.copies:
        open_copy(change, team_id=team_id, rule=rule)
    for address in effects.participants:
        MessageRecipient.objects.create(message_id=change.message_id, header=ADDED, address=address)
    for matched in effects.matched:
        _count(matched.rule, at=change.moment)


def _count(rule: CompiledRule, *, at: datetime) -> None:
    day = at.date()
    moment = at if connection.vendor == "postgresql" else connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [required_organization_id(), rule.id, day, moment])
