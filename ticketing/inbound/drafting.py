"""The rows of a mail that becomes a message, made while nobody waits: the numbers come into them at the very end.

From the moment an organization's counters are locked everybody else who writes there waits for the commit, so as little
as possible is left for then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ticketing.inbound import events
from ticketing.inbound.decisions import Action
from ticketing.inbound.effects import effect_of, target
from ticketing.inbound.flood_counts import counting
from ticketing.inbound.message_rows import write_message, write_surroundings
from ticketing.inbound.plans import Plan
from ticketing.inbound.rows import Later, Writes
from ticketing.inbound.rules import acting
from ticketing.inbound.rules.told import rule_entries
from ticketing.inbound.ticket_rows import Change, guest_of, write_ticket
from ticketing.models import Contact, ContactAddress, TicketTag
from ticketing.queries.tags import KnownTag, spam_tags
from ticketing.services.changes import tag_named

# As numbers to whoever types them: they stand in rows, and nothing is worked out with them but the next number.
_TICKET_ID: Any = Later(lambda taken: taken.ticket_id)
_TICKET_NUMBER: Any = Later(lambda taken: taken.ticket_number)
_MESSAGE_ID: Any = Later(lambda taken: taken.message_id)
_CONTACT_ID: Any = Later(lambda taken: taken.contact_id)
_POSITION: Any = Later(lambda taken: taken.position)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the mail does, but for the numbers that it has not taken yet."""

    change: Change
    event_count: int

    @property
    def makes_contact(self) -> bool:
        """False where the sender is known, or nobody."""
        return self.change.contact_id is _CONTACT_ID


def draft(plan: Plan, writes: Writes, *, moment: datetime) -> Draft:
    """Ticket, message, contact and events are among the writes."""
    ticket_id = _TICKET_ID if plan.opens else target(plan.decision, plan.facts).id
    effect = effect_of(plan.decision, envelope=plan.envelope, facts=plan.facts, status=plan.mapped.status)
    tags = _tags(plan, ticket_id=None if plan.opens else ticket_id)
    entries = events.happenings(plan.decision, effect=effect, facts=plan.facts, tags=tags)
    entries = events.with_mapping(entries, plan, is_new=plan.opens, tags=[] if plan.opens else tags)
    entries = events.with_own(entries, rule_entries(plan.rules))
    of_ticket = sum(entry.other_ticket_id is None for entry in entries)  # its own come first
    change = Change(
        envelope=plan.envelope,
        facts=plan.facts,
        decision=plan.decision,
        effect=effect,
        moment=moment,
        contact_id=_contact_id(plan, writes, moment),
        message_id=_MESSAGE_ID,
        ticket_id=ticket_id,
        ticket_number=_TICKET_NUMBER if plan.opens else target(plan.decision, plan.facts).number,
        tag_ids=(*(tag.pk for tag in tags), *acting.tag_ids(plan.rules)),
        mapped=plan.mapped,
        rules=plan.rules,
        message_position=_POSITION,
        last_position=_POSITION + (of_ticket - 1),
    )
    write_ticket(change, writes)
    found_by = write_surroundings(change, writes)
    write_message(change, writes, found_by=found_by)
    events.write(entries, writes, change=change)
    is_stranger = plan.opens and plan.facts.contact is None
    for sql, values in () if plan.decision.is_sent else counting(plan.envelope, is_stranger=is_stranger):
        writes.also(sql, values)
    return Draft(change, len(entries))


def _tags(plan: Plan, *, ticket_id: int | None) -> list[KnownTag]:
    """What the ticket gets; of an existing one only what it does not carry. No query where there is none."""
    if plan.decision.is_spam:
        return spam_tags()
    found = {tag.pk: tag for tag in plan.tags}
    named = map(tag_named, plan.mapped.tag_names)
    found |= {tag.pk: KnownTag(tag.pk, tag.name, tag.hue) for tag in named}
    if ticket_id is not None and found:
        taggings = TicketTag.objects.filter(ticket_id=ticket_id, tag__in=list(found))
        for there in taggings.values_list("tag_id", flat=True):
            found.pop(there)
    return sorted(found.values(), key=lambda tag: tag.name)


def _contact_id(plan: Plan, writes: Writes, moment: datetime) -> Any:
    """The contact that wrote the mail, a new one if need be; None for a bounce, and for one of ours."""
    if plan.decision.action is Action.BOUNCE or plan.decision.is_sent:
        return None
    known = plan.facts.asker or guest_of(plan.decision, plan.facts)
    if known is not None:
        return known.id
    name, address = plan.envelope.asked_by
    if address:
        writes.insert([Contact(id=_CONTACT_ID, name=name, created_at=moment)])
        writes.insert([ContactAddress(contact_id=_CONTACT_ID, address=address, created_at=moment)])
    return _CONTACT_ID
