"""Writes what was decided about one mail: contact, ticket, message and verdict, in the caller's one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from ticketing.inbound.decisions import Action, Reason
from ticketing.inbound.drafting import Draft, draft
from ticketing.inbound.effects import effect_of_completion
from ticketing.inbound.facts import load_facts
from ticketing.inbound.files import files_of
from ticketing.inbound.findings import findings
from ticketing.inbound.meanwhile import is_nothing_to
from ticketing.inbound.message_rows import write_files
from ticketing.inbound.plans import Plan, PlanIsStale
from ticketing.inbound.rows import Taken, Writes
from ticketing.inbound.rules import acting
from ticketing.inbound.rules.told import rule_trace
from ticketing.inbound.ticket_rows import Change
from ticketing.inbound.trial import Trial, verdict_of
from ticketing.models import Contact, Message, Ticket
from ticketing.services import blobs, contacts
from ticketing.services.loops import note_stopped
from ticketing.services.oversized_notices import note_oversized
from ticketing.services.search import seek_later
from ticketing.services.waiting_notices import HELD, note_waiting


def record(plan: Plan, *, claim: work.Claim, keys: Mapping[str, str]) -> None:
    """Everything the plan says is written, the verdict included, and the claim is finished.

    keys: storage keys by hash of the contents that were written for this mail.
    Raises PlanIsStale when the facts may no longer hold, IntegrityError when somebody else was faster: undo, plan anew.
    Raises AlreadyDecided when the mail has its verdict, LeaseLost when another worker has it.
    """
    moment, writes = clock.now(), Writes()
    drafted = draft(plan, writes, moment=moment) if plan.writes_message and not plan.completes else None
    ticket_id = drafted.change.ticket_id if drafted is not None else plan.ticket_id
    _write_verdict(plan, writes, ticket_id=ticket_id, moment=moment)
    _note_wishes(plan, writes, ticket_id=ticket_id, moment=moment)
    taken = None
    if drafted is not None:
        taken = _taken(plan, drafted, moment)
        faults.point("intake.numbered")
        write_files(drafted.change, writes, blobs=_blob_ids(plan, keys, moment), known=plan.blobs)
    _do_besides(plan, writes, keys=keys, moment=moment)
    writes.finish(claim)
    writes.flush(taken)
    _follow_up(plan, drafted.change.taken(taken) if drafted is not None and taken is not None else None, moment)
    faults.point("intake.written")


def _write_verdict(plan: Plan, writes: Writes, *, ticket_id: int | None, moment: datetime) -> None:
    seen = findings(plan.envelope, plan.facts, plan.decision, asked=plan.trace)
    trace: tuple[verdicts.Step, ...] = (*plan.trace, *rule_trace(plan.rules), seen)
    verdict = verdicts.Verdict(plan.decision, trace=trace, ticket_id=ticket_id)
    verdicts.write(verdict, writes, envelope=plan.envelope, moment=moment)


def _do_besides(plan: Plan, writes: Writes, *, keys: Mapping[str, str], moment: datetime) -> None:
    """What few mails do: they complete a message, stand in a history, tell of a failed address, wait for a person."""
    if plan.completes:
        _complete(plan, keys=keys, moment=moment)
    elif plan.decision.action is Action.MENTION:
        _mention(plan, writes, moment=moment)
    elif plan.decision.reason is Reason.LOOP_STOPPED and plan.facts.flood is not None:
        note_stopped(plan.facts.flood, plan.envelope, limits=plan.facts.settings.floods)
    if plan.writes_message or plan.decision.outcome == Outcome.BOUNCE:
        _mark_bounced(plan, moment)
    _mark_complained(plan, moment)
    if plan.decision.data.get("reached_again") and plan.writes_message:
        is_reached_again(plan.envelope.sender)
    if plan.trial is not None:
        _tell_test(plan, plan.trial)
    if plan.decision.outcome == Outcome.HELD:
        note_waiting(HELD, mailbox_id=plan.envelope.delivery.mailbox_id)


def _follow_up(plan: Plan, change: Change | None, moment: datetime) -> None:
    """What needs the mail's rows to be there. change: None unless there is a new message."""
    delivery = plan.envelope.delivery
    ticket_id = plan.ticket_id if change is None else change.ticket_id
    if delivery.is_header_only and plan.writes_message and not (delivery.is_history or plan.decision.is_spam):
        note_oversized(delivery.mailbox_id)
    if change is not None and not plan.envelope.is_indexed:
        seek_later(change.message_id)
    if plan.mapped.refused and ticket_id is not None:
        write_notices(plan.envelope, plan.mapped, plan.facts.settings.mapping.commands, ticket_id=ticket_id)
    if change is not None and plan.rules:
        acting.act(plan.rules, change=change)
    silencing = plan.rules.silenced_by
    if silencing is not None:
        withhold_acknowledgement(delivery.raw_id, rule=silencing.name, rule_id=silencing.id, moment=moment)
    note_forward(plan.envelope, plan.decision, moment=moment)


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


def _mention(plan: Plan, writes: Writes, *, moment: datetime) -> None:
    """The ticket's history tells of the mail that was not added to it."""
    position = counters.take(events=1).event_position
    if position - 1 != plan.facts.position and not _facts_hold(plan, upto=position - 1):
        raise PlanIsStale
    events.write_mention(plan.envelope, plan.decision, plan.facts, writes, position=position, moment=moment)


def _complete(plan: Plan, *, keys: Mapping[str, str], moment: datetime) -> None:
    """The message that the mail completes, and the history."""
    if plan.facts.placeholder is None:
        raise ValueError("This decision completes no message.")
    completion = Completion(
        plan.envelope,
        placeholder=plan.facts.placeholder,
        moment=moment,
        drops_quotes=plan.facts.settings.drops_quotes and not plan.facts.placeholder.opened_ticket,
        failed=plan.facts.failed,
        effect=effect_of_completion(envelope=plan.envelope, facts=plan.facts),
        mapped=plan.mapped,
    )
    count = len(completion.entries)
    before = counters.take(events=count).event_position - count
    if before != plan.facts.position:
        raise PlanIsStale
    complete(completion, position=before + 1, blobs=_blob_ids(plan, keys, moment))
    if not plan.envelope.is_indexed:
        seek_later(plan.facts.placeholder.message_id)


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


def _taken(plan: Plan, drafted: Draft, moment: datetime) -> Taken:
    """The numbers of the mail. From here on the rest of the organization waits. Raises PlanIsStale."""
    count = drafted.event_count
    numbers = counters.take(tickets=int(plan.opens), events=count, rows=(Ticket, Message, Contact))
    before = numbers.event_position - count
    if before != plan.facts.position and (plan.rules or not _facts_hold(plan, upto=before)):
        raise PlanIsStale
    ticket_id, message_id, contact_id = numbers.ids
    names_nobody = drafted.makes_contact and not plan.envelope.asked_by[1]
    return Taken(
        ticket_id=ticket_id,
        ticket_number=numbers.ticket_number,
        message_id=message_id,
        contact_id=contacts.unknown_sender(at=moment).pk if names_nobody else contact_id,
        position=before + 1,
    )


def _facts_hold(plan: Plan, *, upto: int) -> bool:
    """Whatever has happened since is nothing to this mail. From the locked counters on nobody else writes."""
    watched = plan.facts.watched
    if watched is not None and is_nothing_to(watched, since=plan.facts.position, upto=upto):
        return True
    with reading_ahead():
        return replace(load_facts(plan.envelope), position=plan.facts.position) == plan.facts


def _blob_ids(plan: Plan, keys: Mapping[str, str], moment: datetime) -> dict[str, int]:
    blobs.keep_blobs(plan.blobs.values())
    new = {sha256: key for sha256, key in keys.items() if sha256 not in plan.blobs}
    sizes = {file.sha256: file.size_bytes for file in files_of(plan.envelope)}
    return dict(plan.blobs) | blobs.add_blobs(new, sizes=sizes, at=moment)
