"""Writes what was decided about one mail: contact, ticket, message and verdict, in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from helpdesk.lib import clock, faults
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters, work
from helpdesk.tenancy.prepared import reading_ahead
from mailboxes.models import Outcome, Silence
from mailboxes.services.sending.bouncing import Report, is_reached_again, mark_bounced
from mailboxes.services.sending.end_to_end import note_verdict
from mailboxes.services.sending.sender_checks import note_arrival
from ticketing.answering.canned import canned_wish
from ticketing.answering.of_mail import Asked
from ticketing.answering.wishing import note_wish, wish_of, withhold_acknowledgement
from ticketing.forwarding.noting import note_forward
from ticketing.inbound import events, verdicts
from ticketing.inbound.command_notices import write_notices
from ticketing.inbound.completing import Completion, complete
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.effects import effect_of, effect_of_completion, target
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts, load_facts
from ticketing.inbound.files import files_of
from ticketing.inbound.findings import findings
from ticketing.inbound.flood_counts import counting
from ticketing.inbound.mapping.applying import NOTHING, Mapped
from ticketing.inbound.message_rows import write_message, write_surroundings
from ticketing.inbound.rows import Writes, reserve
from ticketing.inbound.rules import acting
from ticketing.inbound.rules.effects import NO_EFFECTS, RuleEffects
from ticketing.inbound.rules.told import rule_entries, rule_trace
from ticketing.inbound.ticket_rows import Change, guest_of, write_ticket
from ticketing.inbound.trial import Trial, verdict_of
from ticketing.models import Contact, ContactAddress, Message, Tag, Ticket, TicketTag
from ticketing.queries.tags import spam_tags
from ticketing.services import blobs, contacts
from ticketing.services.changes import tag_named
from ticketing.services.loops import note_stopped
from ticketing.services.oversized_notices import note_oversized
from ticketing.services.waiting_notices import HELD, note_waiting


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written about one mail, and what that rests on."""

    envelope: Envelope
    facts: Facts
    decision: Decision
    trace: tuple[str, ...]
    blobs: Mapping[str, int]  # ids by hash, of the contents kept already
    mapped: Mapped = NOTHING
    trial: Trial | None = None  # of a test mail: what it would have become
    rules: RuleEffects = NO_EFFECTS  # what the rules do
    tags: tuple[Tag, ...] = ()  # of the mapping, for a new ticket

    @property
    def writes_message(self) -> bool:
        """False when the verdict is all, or all but an entry in a history."""
        return self.decision.action not in (Action.NOTHING, Action.MENTION)


class PlanIsStale(Exception):
    """Something happened in the organization since the facts were loaded, and they are no longer true; decide again."""


def record(plan: Plan, *, claim: work.Claim, keys: Mapping[str, str]) -> None:
    """Everything the plan says is written, the verdict included, and the claim is finished.

    keys: storage keys by hash of the contents that were written for this mail.
    Raises PlanIsStale when the facts may no longer hold, IntegrityError when somebody else was faster: undo, plan anew.
    Raises AlreadyDecided when the mail has its verdict, LeaseLost when another worker has it.
    """
    moment = clock.now()
    writes = Writes()
    ticket_id, change = plan.decision.ticket_id, None
    if plan.writes_message:
        ticket_id, change = _write(plan, writes, keys=keys, moment=moment)
    elif plan.decision.action is Action.MENTION:
        _mention(plan, writes, moment=moment)
    elif plan.decision.outcome == Outcome.BOUNCE:
        _mark_bounced(plan, moment)
    elif plan.decision.reason is Reason.LOOP_STOPPED and plan.facts.flood is not None:
        note_stopped(plan.facts.flood, plan.envelope, limits=plan.facts.settings.floods)
    _mark_complained(plan, moment)
    seen = findings(plan.envelope, plan.facts, plan.decision, asked=plan.trace)
    trace: tuple[verdicts.Step, ...] = (*plan.trace, *rule_trace(plan.rules), seen)
    verdict = verdicts.Verdict(plan.decision, trace=trace, ticket_id=ticket_id)
    verdicts.write(verdict, writes, envelope=plan.envelope, moment=moment)
    if plan.trial is not None:
        _tell_test(plan, plan.trial)
    if plan.decision.outcome == Outcome.HELD:
        note_waiting(HELD, mailbox_id=plan.envelope.delivery.mailbox_id)
    _note_wishes(plan, writes, ticket_id=ticket_id, moment=moment)
    writes.finish(claim)
    writes.flush()
    delivery = plan.envelope.delivery
    if delivery.is_header_only and plan.writes_message and not (delivery.is_history or plan.decision.is_spam):
        note_oversized(delivery.mailbox_id)
    if plan.mapped.refused and ticket_id is not None:
        write_notices(plan.envelope, plan.mapped, plan.facts.settings.mapping.commands, ticket_id=ticket_id)
    if change is not None and plan.rules:
        acting.act(plan.rules, change=change)
    if plan.rules.silenced_by is not None:
        raw_id = plan.envelope.delivery.raw_id
        withhold_acknowledgement(raw_id, rule=plan.rules.silenced_by.name, moment=moment)
    note_forward(plan.envelope, plan.decision, moment=moment)
    faults.point("intake.written")


def _note_wishes(plan: Plan, writes: Writes, *, ticket_id: int | None, moment: datetime) -> None:
    """What the mail's sender is to be told by itself will be due, or stand there with the reason why not."""
    asked = Asked(plan.envelope, plan.facts, plan.decision, moment)
    wish = wish_of(asked)
    if wish is not None:
        note_wish(wish, asked, writes, ticket_id=ticket_id)
    if plan.rules.canned is not None:
        rule, reply_id = plan.rules.canned
        note_wish(canned_wish(rule_id=rule.id, reply_id=reply_id), asked, writes, ticket_id=ticket_id)


def _tell_test(plan: Plan, trial: Trial) -> None:
    """Whoever sent the test mail knows what came of it."""
    name = plan.facts.check_mail
    note_arrival(name, sender=plan.envelope.sender)
    note_verdict(name, raw_id=plan.envelope.delivery.raw_id, verdict=verdicts.storable(verdict_of(trial)))


def _write(plan: Plan, writes: Writes, *, keys: Mapping[str, str], moment: datetime) -> tuple[int, Change | None]:
    """Contact, ticket, message and events; gives the ticket's id, and the change unless it completes a message."""
    if plan.decision.action is Action.COMPLETE:
        return _complete(plan, keys=keys, moment=moment), None
    ids, apart = _reserved(plan), Writes()
    found_by = write_surroundings(plan.envelope, plan.facts, apart, ticket_id=ids.ticket_id, message_id=ids.message_id)
    apart.flush()
    change, entries = _numbered(plan, ids, moment)
    faults.point("intake.numbered")
    # The counters are locked first, by everybody: rows that two mails share cannot end in a deadlock.
    change = replace(change, contact_id=_contact_id(plan, writes, new_id=change.contact_id, moment=moment))
    write_ticket(change, writes)
    ids_by_hash = _blob_ids(plan, keys, moment)
    write_message(change, writes, found_by=found_by, blobs=ids_by_hash, known=plan.blobs)
    events.write(entries, writes, change=change)
    _mark_bounced(plan, moment)
    if plan.decision.data.get("reached_again"):
        is_reached_again(plan.envelope.sender)
    is_stranger = plan.decision.action is Action.OPEN and plan.facts.contact is None
    for sql, values in () if plan.decision.is_sent else counting(plan.envelope, is_stranger=is_stranger):
        writes.also(sql, values)
    return change.ticket_id, change


def _mention(plan: Plan, writes: Writes, *, moment: datetime) -> None:
    """The ticket's history tells of the mail that was not added to it."""
    position = counters.take(events=1).event_position
    if position - 1 != plan.facts.position and not _facts_hold(plan):
        raise PlanIsStale
    events.write_mention(plan.envelope, plan.decision, plan.facts, writes, position=position, moment=moment)


def _complete(plan: Plan, *, keys: Mapping[str, str], moment: datetime) -> int:
    """The message that the mail completes, and the history; gives the ticket's id."""
    if plan.facts.placeholder is None:
        raise ValueError("This decision completes no message.")
    completion = Completion(
        plan.envelope,
        placeholder=plan.facts.placeholder,
        moment=moment,
        drops_quotes=plan.facts.settings.drops_quotes and not plan.facts.placeholder.opened_ticket,
        failed=plan.facts.failed,
        effect=effect_of_completion(envelope=plan.envelope, facts=plan.facts),
    )
    count = len(completion.entries)
    before = counters.take(events=count).event_position - count
    if before != plan.facts.position:
        raise PlanIsStale
    complete(completion, position=before + 1, blobs=_blob_ids(plan, keys, moment))
    _mark_bounced(plan, moment)
    return plan.facts.placeholder.ticket_id


def _mark_bounced(plan: Plan, moment: datetime) -> None:
    """Addresses of ours that the mail reports as failed for good are marked."""
    failed, bounce = plan.facts.failed or plan.facts.failed_sending, plan.envelope.mail.bounce
    if failed is None or bounce is None or not bounce.permanent:
        return
    words = bounce.diagnostic if bounce.status in bounce.diagnostic else f"{bounce.status} {bounce.diagnostic}"
    report = Report(
        raw_id=plan.envelope.delivery.raw_id,
        at=moment,
        detail=clean_line(words),
        outbox_id=failed.outbox_id,
    )
    mark_bounced(failed.recipients, report)


def _mark_complained(plan: Plan, moment: datetime) -> None:
    """Whoever called a mail of ours spam gets nothing automatic any more."""
    reported = plan.facts.reported
    if reported is None or not plan.decision.data.get("complainants"):
        return
    raw_id = plan.envelope.delivery.raw_id
    report = Report(raw_id=raw_id, at=moment, outbox_id=reported.outbox_id, cause=Silence.COMPLAINT)
    mark_bounced(reported.complainants, report)


@dataclass(frozen=True, slots=True)
class _Ids:
    """Of the rows that the mail makes or changes."""

    ticket_id: int
    message_id: int
    contact_id: int  # for a new one


def _reserved(plan: Plan) -> _Ids:
    """Ids for what may be new; nobody waits for that."""
    ticket_id, message_id, contact_id = reserve(Ticket, Message, Contact)
    if plan.decision.action is not Action.OPEN:
        ticket_id = target(plan.decision, plan.facts).id
    return _Ids(ticket_id, message_id, contact_id)


def _numbered(plan: Plan, ids: _Ids, moment: datetime) -> tuple[Change, list[events.Happening]]:
    """The change with its numbers. From here on the rest of the organization waits."""
    is_new = plan.decision.action is Action.OPEN
    effect = effect_of(plan.decision, envelope=plan.envelope, facts=plan.facts, status=plan.mapped.status)
    tags = _tags(plan, ticket_id=None if is_new else ids.ticket_id)
    entries = events.happenings(plan.decision, effect=effect, facts=plan.facts, tags=tags)
    entries = events.with_mapping(entries, plan, is_new=is_new, tags=[] if is_new else tags)
    entries = events.with_own(entries, rule_entries(plan.rules))
    numbers = counters.take(tickets=int(is_new), events=len(entries))
    before = numbers.event_position - len(entries)
    if before != plan.facts.position and (plan.rules or not _facts_hold(plan)):
        raise PlanIsStale
    change = Change(
        envelope=plan.envelope,
        facts=plan.facts,
        decision=plan.decision,
        effect=effect,
        moment=moment,
        contact_id=ids.contact_id,
        message_id=ids.message_id,
        ticket_id=ids.ticket_id,
        ticket_number=numbers.ticket_number if is_new else target(plan.decision, plan.facts).number,
        tag_ids=(*(tag.pk for tag in tags), *acting.tag_ids(plan.rules)),
        mapped=plan.mapped,
        rules=plan.rules,
        message_position=before + 1,
        last_position=before + sum(entry.other_ticket_id is None for entry in entries),  # its own come first
    )
    return change, entries


def _tags(plan: Plan, *, ticket_id: int | None) -> list[Tag]:
    """What the ticket gets; of an existing one only what it does not carry. No query where there is none."""
    if plan.decision.is_spam:
        return spam_tags()
    found = {tag.pk: tag for tag in plan.tags}
    found |= {tag.pk: tag for tag in map(tag_named, plan.mapped.tag_names)}
    if ticket_id is not None and found:
        taggings = TicketTag.objects.filter(ticket_id=ticket_id, tag__in=list(found))
        for there in taggings.values_list("tag_id", flat=True):
            found.pop(there)
    return sorted(found.values(), key=lambda tag: str(tag.name))


def _facts_hold(plan: Plan) -> bool:
    """Whatever has happened since is nothing to this mail. From the locked counters on nobody else writes."""
    with reading_ahead():
        return replace(load_facts(plan.envelope), position=plan.facts.position) == plan.facts


def _contact_id(plan: Plan, writes: Writes, *, new_id: int | None, moment: datetime) -> int | None:
    """The contact that wrote the mail, a new one under `new_id` if need be; None for a bounce, and for one of ours."""
    envelope, known = plan.envelope, plan.facts.asker
    if plan.decision.action is Action.BOUNCE or plan.decision.is_sent or new_id is None:
        return None
    if known is not None:
        return known.id
    guest = guest_of(plan.decision, plan.facts)
    if guest is not None:
        return guest.id
    name, address = envelope.asked_by
    if not address:
        return int(contacts.unknown_sender(at=moment).id)
    writes.insert([Contact(id=new_id, name=name, created_at=moment)])
    writes.insert([ContactAddress(contact_id=new_id, address=address, created_at=moment)])
    return new_id


def _blob_ids(plan: Plan, keys: Mapping[str, str], moment: datetime) -> dict[str, int]:
    blobs.keep_blobs(plan.blobs.values())
    new = {sha256: key for sha256, key in keys.items() if sha256 not in plan.blobs}
    sizes = {file.sha256: file.size_bytes for file in files_of(plan.envelope)}
    return dict(plan.blobs) | blobs.add_blobs(new, sizes=sizes, at=moment)
