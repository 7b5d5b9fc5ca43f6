"""What a mail would have become if it had never been taken for spam: everything decided anew, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from helpdesk.lib import files
from ticketing.fields.values import Value
from ticketing.inbound.decisions import Decision
from ticketing.inbound.deliveries import settled_delivery
from ticketing.inbound.envelope import Delivery, make_envelope
from ticketing.inbound.facts import load_facts
from ticketing.inbound.files import KeptFile, files_of
from ticketing.inbound.mapping.applying import Mapped, map_mail
from ticketing.inbound.mapping.files import renamed
from ticketing.inbound.mapping.preparing import prepared
from ticketing.inbound.notice_texts import notice_filler
from ticketing.inbound.policy import STEPS_OF_CLEARED, decide
from ticketing.inbound.process import read_mail
from ticketing.inbound.rules.effects import Done, Left, RuleChange, RuleEffects
from ticketing.inbound.rules.planning import plan_rules
from ticketing.models import Attachment, EventKind, Message, MessageKind, Ticket
from ticketing.models.rules import Act
from ticketing.queries.tags import tags_by_id


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a rule, its placeholders filled."""

    rule_id: int
    rule: str  # its name
    text: str


@dataclass(frozen=True, slots=True)
class ByRules:
    """What rules do beside the ticket's columns, and which rule sets what."""

    names: Mapping[tuple[EventKind, str], str] = field(default_factory=dict)  # by what changes; "", a tag or a key
    tags_off: Sequence[tuple[str, str]] = ()  # each here: the name of the rule, then what it names
    participants: Sequence[tuple[str, str]] = ()
    notes: Sequence[Note] = ()
    turns: Mapping[int, int] = field(default_factory=dict)  # by team: whose turn it was
    others: Sequence[Done] = ()  # a second ticket, a canned reply: what opens or sends something


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """The verdict without spam detection, and the mailbox's settings it rests on, with what rules set instead."""

    decision: Decision
    delivery: Delivery
    company_id: int | None  # that a command names, else the mailbox's, else the contact's
    tags: Sequence[str] = ()  # names
    fields: Mapping[str, Value] = field(default_factory=dict)  # custom ones, by key
    status: str = ""  # that a rule or a command sets
    by_rules: ByRules = ByRules()


def reprocess(ticket: Ticket) -> Reprocessed | None:
    """How today's settings decide about the mail that opened the ticket; None when its original is not kept.

    That the mail itself is here already counts for nothing: neither as a copy nor as a thread.
    """
    inbound = Message.objects.filter(ticket=ticket, kind=MessageKind.INBOUND, raw__isnull=False)
    raw_id = inbound.order_by("position").values_list("raw_id", flat=True).first()
    delivery = settled_delivery(raw_id) if raw_id else None
    if delivery is None or not delivery.storage_key:
        return None
    try:
        original = files.read(delivery.storage_key)
    except FileNotFoundError:
        return None
    envelope = make_envelope(delivery, mail=read_mail(original, delivery), original=original)
    facts = load_facts(envelope)
    if facts.match is not None and facts.match.ticket.id == ticket.pk:
        facts = replace(facts, match=None)
    decision, _trace = decide(envelope, facts, steps=STEPS_OF_CLEARED)
    kept = files_of(prepared(envelope, facts))
    mapped = map_mail(envelope, facts, decision, files=kept)
    rules = plan_rules(envelope, facts, decision, mapped=mapped)
    set_by_all = {**mapped.routing, **rules.values}
    columns = ("team_id", "assignee_id", "category_id", "priority")
    given: dict[str, Any] = {name: set_by_all[name] for name in columns if name in set_by_all}
    values: Any = rules.values.get("fields", mapped.values)
    return Reprocessed(
        decision,
        replace(delivery, **given),
        mapped.routing.get("company_id", delivery.company_id or facts.given_company_id),
        tags=_tags(mapped, rules),
        status=str(rules.values.get("status", "") or mapped.status),
        by_rules=_by_rules(rules, filled=notice_filler(envelope, mapped, number=ticket.number)),
        fields=renamed(values, _ids_here(mapped, kept, raw_id=delivery.raw_id)) if mapped.file_ids else values,
    )


def _by_rules(rules: RuleEffects, *, filled: Callable[[str], str]) -> ByRules:
    does = [done for done in rules.done if done.left is None]
    # A tag that the mail gave nobody may stand on the ticket all the same.
    off = [done for done in rules.done if done.action.act is Act.REMOVE_TAG and done.left in (None, Left.SAME)]
    return ByRules(
        names={(change.kind, _what(change)): change.rule.name for change in rules.changes},
        tags_off=[(done.rule.name, done.name) for done in off],
        participants=[(done.rule.name, done.name) for done in does if done.action.act is Act.PARTICIPANT],
        notes=[Note(rule.id, rule.name, filled(text)) for rule, text in rules.notes],
        turns=rules.turns,
        others=[done for done in does if done.action.act in (Act.ALSO_OPEN, Act.CANNED)],
    )


def _what(change: RuleChange) -> str:
    return str(change.data.get("field", "") or change.data.get("tag", "")).casefold()


def _ids_here(mapped: Mapped, files: Sequence[KeptFile], *, raw_id: int) -> dict[str, str]:
    """The ids of the mail's files as they stand here, by those that mapping gave them."""
    rows = Attachment.objects.filter(message__raw_id=raw_id, blob__isnull=False).order_by("id")
    here = {(row.blob.sha256, row.filename): str(row.public_id) for row in rows.select_related("blob") if row.blob}
    named = ((str(given), files[place]) for place, given in mapped.file_ids.items())
    found = ((given, here.get((file.sha256, file.filename[:200]))) for given, file in named)
    return {given: there for given, there in found if there is not None}


def _tags(mapped: Mapped, rules: RuleEffects) -> list[str]:
    """The names of all that the ticket would have, each once."""
    names = [*(tag.name for tag in tags_by_id(mapped.tag_ids)), *mapped.tag_names]
    found = {name.casefold(): name for name in [*names, *(tag.name for tag in rules.added_tags)]}
    for gone in rules.removed_tags:
        found.pop(gone.name.casefold(), None)
    return list(found.values())
