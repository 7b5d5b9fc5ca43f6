"""The rules' part of the plan for one mail: which match it, and what they do to its ticket.

Rules look at mail that opens or answers a ticket. Not at spam and what answers it, not at bounces, not at quiet notes,
and not at the rest of a mail whose headers came first: they looked at those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from helpdesk.accounts.services.business_hours import opening_hours
from ticketing.fields.values import Value
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.effects import effect_of, goes_to_spam
from ticketing.inbound.envelope import Delivery, Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.mapping.applying import NOTHING, Mapped
from ticketing.inbound.rules.carrying_out import effects_of
from ticketing.inbound.rules.compiled import Matched, matching
from ticketing.inbound.rules.effects import NO_EFFECTS, RuleEffects, Standing
from ticketing.inbound.rules.seen import About, SpamState, seen_of
from ticketing.inbound.rules.targets import load_targets
from ticketing.mail.spam_content import Opinion
from ticketing.models import Tag, Ticket
from ticketing.queries.tags import KnownTag, tags_by_id


def plan_rules(envelope: Envelope, facts: Facts, decision: Decision, *, mapped: Mapped = NOTHING) -> RuleEffects:
    """What the rules of the organization do with this mail. No query unless one matches; inside the scope.

    True as long as no event was written since the facts were loaded: whose turn it is, and who has how many tickets,
    changes with the history alone.
    """
    rules = facts.settings.rules
    if not rules or not looks_at(decision, facts):
        return NO_EFFECTS
    about = _about(envelope, facts, decision)
    if any(rule.asks_hours for rule in rules):
        about = replace(about, is_open=was_open(envelope.delivery.received_at))
    matched = matching(rules, seen_of(envelope, about))
    return effects_on(matched, before=_standing(envelope, facts, decision, mapped)) if matched else NO_EFFECTS


def looks_at(decision: Decision, facts: Facts) -> bool:
    """True for mail that rules are asked about."""
    if decision.action is Action.OPEN:
        return not decision.is_spam
    is_answer = decision.action is Action.ADD and not (decision.is_quiet or decision.is_sent)
    return is_answer and not goes_to_spam(decision, facts)


def effects_on(matched: Sequence[Matched], *, before: Standing) -> RuleEffects:
    """What the matched rules do to a ticket that stands so; looks up what they name."""
    actions = [action for each in matched for action in each.rule.actions]
    return effects_of(matched, before=before, targets=load_targets(actions, before=before))


def was_open(at: datetime) -> bool:
    """Whether somebody was there at this moment, by today's business hours. One query."""
    hours = opening_hours()
    return hours is None or hours.is_open(at)


def spam_state(opinion: Opinion | None) -> SpamState:
    """What conditions call it."""
    if opinion is None or not (opinion.is_clean or opinion.is_suspect):
        return SpamState.UNJUDGED
    return SpamState.CLEAN if opinion.is_clean else SpamState.SUSPECT


def standing_of(ticket: Ticket, *, status: str) -> Standing:
    """The ticket as it is, but for its status. One query."""
    tags = Tag.objects.filter(taggings__ticket_id=ticket.pk).values_list("name", flat=True)
    return Standing(
        status=status,
        priority=ticket.priority,
        team_id=ticket.team_id,
        assignee_id=ticket.assignee_id,
        category_id=ticket.category_id,
        tags=frozenset(name.casefold() for name in tags),
        fields=dict(ticket.fields),
    )


def standing_of_new(
    delivery: Delivery, *, status: str, tags: Iterable[KnownTag] = (), fields: Mapping[str, Value] | None = None
) -> Standing:
    """The ticket that the mail opens, as its mailbox would have it."""
    return Standing(
        status=status,
        priority=delivery.priority,
        team_id=delivery.team_id,
        assignee_id=delivery.assignee_id,
        category_id=delivery.category_id,
        tags=frozenset(tag.name.casefold() for tag in tags),
        fields=dict(fields or {}),
    )


def _about(envelope: Envelope, facts: Facts, decision: Decision) -> About:
    return About(
        is_answer=decision.action is Action.ADD,
        trust=facts.trust,
        company_id=facts.asker.company_id if facts.asker and envelope.delivery.serves_companies else None,
        spam=spam_state(facts.opinion),
    )


def _standing(envelope: Envelope, facts: Facts, decision: Decision, mapped: Mapped) -> Standing:
    status = effect_of(decision, envelope=envelope, facts=facts, status=mapped.status).status
    if decision.action is Action.OPEN:
        tags = tags_by_id(mapped.tag_ids)
        standing = standing_of_new(envelope.delivery, status=status, tags=tags, fields=mapped.values)
    else:
        found = standing_of(Ticket.objects.get(id=decision.ticket_id), status=status)
        standing = replace(found, fields=dict(mapped.values)) if mapped.changes else found
    return _commanded(replace(standing, is_history=envelope.delivery.is_history), mapped)


def _commanded(standing: Standing, mapped: Mapped) -> Standing:
    """With what commands in the mail have set: rules come after them."""
    tags = standing.tags | {name.casefold() for name in mapped.tag_names}
    columns = {name: value for name, value in mapped.routing.items() if name in Standing.__dataclass_fields__}
    return replace(standing, tags=tags, **columns)
