"""What a worker does for a trial: some messages in one turn, then the next turn. Killed anywhere it goes on.

Their files are read outside of any transaction. Nothing is written but the trial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from helpdesk.lib import clock, files
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome, RemoteMessage
from ticketing.inbound import lookups
from ticketing.inbound.decisions import Reason
from ticketing.inbound.deliveries import settled_deliveries
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.facts import opinion_of
from ticketing.inbound.process import read_mail
from ticketing.inbound.rules.compiled import CompiledRule, compile_rule
from ticketing.inbound.rules.loading import active_rules
from ticketing.inbound.rules.planning import spam_state, standing_of, standing_of_new, was_open
from ticketing.inbound.rules.rehearsing import PastMail, Tried, rehearse
from ticketing.inbound.rules.seen import About
from ticketing.inbound.rules.written import actions_of, group_of
from ticketing.inbound.sender_trust import judge_sender
from ticketing.inbound.settings import settings_for
from ticketing.models import Message, MessageKind, Rule, RuleTrial, Status
from ticketing.models.rules import AppliesTo

LOOKED_AT = 500  # messages, the newest
BATCH = 25
MAX_BYTES = 30 * 1024 * 1024  # of one mail; a larger one counts as unread
LEASE_S = 120.0


@dataclass(frozen=True)
class _Past:
    """A message, its mail and its verdict."""

    message: Message
    delivery: Delivery
    is_answer: bool
    decided_at: datetime | None


def handle(claim: work.Claim) -> None:
    """The next messages are looked at, and the rest is due at once; or the trial has ended."""
    with organization_scope(claim.organization_id):
        trial = RuleTrial.objects.filter(pk=claim.row_id, ended_at=None).first()
        if trial is None:
            work.finish(claim)
            return
        ids = trial.message_ids if trial.message_ids is not None else _chosen()
        batch = _load(ids[trial.looked_at : trial.looked_at + BATCH])
    read = [(past, _envelope(past.delivery)) for past in batch]
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        tried = _tried(trial)
        found = [line for past, envelope in read if envelope is not None and (line := _line(past, envelope, tried))]
        looked_at = min(trial.looked_at + BATCH, len(ids))
        is_over = looked_at >= len(ids)
        RuleTrial.objects.filter(pk=trial.pk).update(
            message_ids=ids,
            looked_at=looked_at,
            unread=trial.unread + sum(envelope is None for _past, envelope in read),
            found=[*trial.found, *found],
            ended_at=clock.now() if is_over else None,
        )
        if is_over:
            work.finish(claim)
        else:
            work.reschedule(claim, due_at=clock.now(), succeeded=True)


def _chosen() -> list[int]:
    """The newest messages that rules would be asked about: no spam, no quiet notes."""
    came = Message.objects.filter(kind=MessageKind.INBOUND, raw__isnull=False, ticket__is_spam=False)
    newest = list(came.order_by("-raw_id").values_list("id", "raw_id")[: LOOKED_AT * 2])
    quiet = set(
        RemoteMessage.objects.filter(
            raw_id__in=[raw_id for _pk, raw_id in newest], reason_code=Reason.QUIET_NOTE
        ).values_list("raw_id", flat=True)
    )
    return [pk for pk, raw_id in newest if raw_id not in quiet][:LOOKED_AT]


def _load(ids: Sequence[int]) -> list[_Past]:
    messages = {row.pk: row for row in Message.objects.filter(pk__in=ids).select_related("ticket", "contact")}
    raw_ids = [row.raw_id for row in messages.values() if row.raw_id is not None]
    deliveries = settled_deliveries(raw_ids)
    sightings = RemoteMessage.objects.filter(raw_id__in=raw_ids, resighting_of=None).order_by("id")
    verdicts = {raw_id: rest for raw_id, *rest in sightings.values_list("raw_id", "outcome", "decided_at")}
    return [
        _Past(row, deliveries[row.raw_id], verdicts[row.raw_id][0] == Outcome.ADDED, verdicts[row.raw_id][1])
        for pk in ids
        if (row := messages.get(pk)) is not None and row.raw_id in deliveries and row.raw_id in verdicts
    ]


def _envelope(delivery: Delivery) -> Envelope | None:
    """The mail as it came; None when its original is not kept, or too large to be tried with."""
    if not delivery.storage_key or delivery.size_bytes > MAX_BYTES:
        return None
    try:
        original = files.read(delivery.storage_key)
    except FileNotFoundError:
        return None
    return make_envelope(delivery, mail=read_mail(original, delivery), original=original)


def _tried(trial: RuleTrial) -> Tried:
    """Today's rules, and the same with the tried one in its place."""
    own: CompiledRule = compile_rule(
        trial.rule_id or 0,
        trial.name,
        version=0,
        applies_to=AppliesTo(trial.applies_to),
        conditions=group_of(trial.conditions),
        actions=actions_of(trial.actions),
    )
    now = active_rules()
    place = Rule.objects.filter(pk=trial.rule_id).values_list("place", "id").first()
    order = dict(Rule.objects.filter(pk__in=[each.id for each in now]).values_list("id", "place"))
    others = [each for each in now if each.id != trial.rule_id]
    above = [each for each in others if place is None or (order[each.id], each.id) < place]
    return Tried(own, now, (*above, own, *others[len(above) :]))


def _line(past: _Past, envelope: Envelope, tried: Tried) -> dict[str, Any] | None:
    """What the trial says of the message; None when the rule did not match."""
    message, ticket = past.message, past.message.ticket
    standing = lookups.standing(envelope.sender)
    opinion = opinion_of(envelope, standing) if standing.marks.can_say and not past.is_answer else None
    settings = settings_for(past.delivery.mailbox_id, version=standing.policy_version)
    contact = message.contact
    # Whoever was made a contact by this very mail wrote for the first time.
    is_first = contact is not None and past.decided_at is not None and contact.created_at >= past.decided_at
    about = About(
        is_answer=past.is_answer,
        trust=judge_sender(envelope, names=settings.writers.servers, is_first=is_first),
        company_id=contact.company_id if contact is not None and past.delivery.serves_companies else None,
        spam=spam_state(opinion),
        is_open=was_open(past.delivery.received_at) if any(each.asks_hours for each in tried.then) else True,
    )
    status = Status.CLOSED if envelope.opens_closed else Status.NEW
    before = (
        standing_of(ticket, status=ticket.status) if past.is_answer else standing_of_new(past.delivery, status=status)
    )
    said = rehearse(PastMail(envelope, about, before), tried)
    if said is None:
        return None
    return {
        **said,
        "message": message.pk,
        "ticket": ticket.number,
        "subject": message.subject[:200],
        "sender": message.from_name or message.from_address,
        "at": message.created_at.isoformat(),
    }
