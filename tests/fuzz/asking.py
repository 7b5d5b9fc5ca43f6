"""Everything that is pure between the bytes of a mail and what is written of it, in every scene.

parse ▶ what scripts are shown ▶ envelope ▶ facts ▶ policy ▶ fields, rules, files, answers ▶ words and JSON
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mailboxes.models import ExistingMail
from tests.fuzz.scenes import MAILBOX_ID, MOMENT, SCENES, Scene
from ticketing.answering.guard import may_mail_be_answered
from ticketing.answering.of_mail import Asked
from ticketing.fields.command_words import BuiltIn
from ticketing.fields.commands import Names
from ticketing.inbound.decisions import Action, Decision, Reason
from ticketing.inbound.effects import effect_of
from ticketing.inbound.envelope import Delivery, Envelope, make_envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.failed import FailedMail
from ticketing.inbound.files import files_of
from ticketing.inbound.findings import findings
from ticketing.inbound.floods import Recent, find_flood
from ticketing.inbound.kept_text import kept_text
from ticketing.inbound.mapping.applying import map_mail
from ticketing.inbound.mapping.commanding import Commands, block_of
from ticketing.inbound.mapping.preparing import prepared
from ticketing.inbound.mapping.requester import find_requester
from ticketing.inbound.mapping.rules import CommandRules
from ticketing.inbound.policy import STEPS_OF_CLEARED, decide
from ticketing.inbound.process import read_mail
from ticketing.inbound.rules.carrying_out import effects_of
from ticketing.inbound.rules.compiled import matching
from ticketing.inbound.rules.effects import Standing
from ticketing.inbound.rules.planning import looks_at, spam_state
from ticketing.inbound.rules.seen import About, seen_of
from ticketing.inbound.rules.targets import Targets
from ticketing.inbound.sender_trust import judge_sender
from ticketing.inbound.thread_match import BY_TOKEN, Hit, Match, Stored, TicketFacts, clues_of, find_match
from ticketing.inbound.trial import try_as_real
from ticketing.inbound.verdicts import storable
from ticketing.mail.inspection import inspect_mail
from ticketing.mail.spam_content import Marks, weigh, words_of
from ticketing.models import Priority, Status, ThreadReason
from ticketing.reason_words import words_of as reason_words
from ticketing.remark_words import remark_words

TARGETS = Targets(
    teams={1: "Support"},
    members={2: "Amara"},
    able={2: "Amara"},
    places={1: (2,)},
    loads={2: 4},
    categories={9: "Old"},
    canned={3: "Opening hours"},
)
_USUAL = Delivery(
    raw_id=1,
    storage_key="",
    sha256="",
    mailbox_id=MAILBOX_ID,
    default_charset="",
    existing_mail=ExistingMail.OPEN,
    limit_bytes=25_000_000,
    team_id=1,
    answers_only=False,
    size_bytes=0,
    is_header_only=False,
    is_history=False,
    received_at=MOMENT,
    serves_companies=True,
)


class NotClean(Exception):
    """Something is no value that every store takes, or has no words."""


def look_at(raw: bytes, *, scenes: Iterable[Scene] = SCENES) -> dict[str, Any]:
    """What the parser saw, and by scene what was decided. Raises whatever goes wrong, and NotClean."""
    mail = read_mail(raw, _USUAL)
    seen: dict[str, Any] = inspect_mail(mail, file="x", say=remark_words)
    if mail.error is not None:
        raise NotClean(mail.error)
    envelope = make_envelope(replace(_USUAL, size_bytes=len(raw)), mail=mail, original=raw)
    seen["decided"] = {scene.name: _decided(scene, envelope) for scene in scenes}
    _check(seen)
    return seen


def _decided(scene: Scene, envelope: Envelope) -> dict[str, Any]:
    envelope = replace(envelope, delivery=replace(envelope.delivery, **scene.delivery))
    facts = facts_in(scene, envelope)
    decision, trace = decide(envelope, facts)
    mapped = map_mail(envelope, facts, decision, files=files_of(prepared(envelope, facts)))
    decision = replace(decision, data={**decision.data, **mapped.said})
    if decision.reason is Reason.CHECK_MAIL:
        decision = replace(decision, data={**decision.data, "would": try_as_real(envelope, facts).would})
    data = storable(decision.data)
    words = reason_words(decision.reason, data)
    if not words:
        raise NotClean(f"no words for {decision.reason}")
    written = prepared(envelope, facts)
    return {
        "outcome": decision.outcome,
        "data": data,
        "trace": trace,
        "saw": storable(findings(envelope, facts, decision, asked=trace)),
        "words": words,
        "fields": dict(mapped.values),
        "files": [file.filename for file in files_of(written)],
        "text": len(kept_text(written, drops_quotes=facts.settings.drops_quotes).text),
        "rules": _rules(envelope, facts, decision),
        "answer": _answer(envelope, facts, decision),
        "cleared": decide(envelope, facts, steps=STEPS_OF_CLEARED)[0].outcome,
        "trust": facts.trust.stored,
    }


def facts_in(scene: Scene, envelope: Envelope) -> Facts:
    """What intake would know there: whatever the mail names leads to the one ticket, if the scene has one."""
    settings, mail = scene.settings, envelope.mail
    trust = judge_sender(envelope, names=settings.writers.servers, is_first=scene.status is None)
    match = _match(scene, envelope)
    facts = Facts(
        position=1,
        own_addresses=frozenset({envelope.sender}) if "has_own_id" in scene.facts else frozenset(),
        match=match,
        has_own_id=False,
        check_mail="",
        twin=None,
        failed=FailedMail(1, match.ticket, frozenset(mail.bounce.recipients)) if match and mail.bounce else None,
        failed_sending=None,
        contact=None,
        placeholder=None,
        known_hashes={},
        settings=settings,
        opinion=None if match else weigh(_words(envelope), counts=_counts(envelope), marks=Marks(60, 60)),
        commands=_commands(envelope, settings.mapping.commands),
        requester=find_requester(envelope, settings.mapping, is_agent=bool),
        trust=trust,
        flood=find_flood(
            Recent(of_sender=1),
            settings.floods,
            sender=envelope.sender,
            mailbox_id=MAILBOX_ID,
            at=MOMENT,
            opens=match is None,
        ),
    )
    return replace(facts, **scene.facts)


def _commands(envelope: Envelope, rules: CommandRules | None) -> Commands | None:
    block = block_of(envelope, rules)
    if block is None or rules is None:
        return None
    ids = {BuiltIn.TEAM: {"support": 1}, BuiltIn.CATEGORY: {"tents": 3}, BuiltIn.ASSIGNEE: {"ines": 2}}
    labels = {"team_id": {1: "Support"}, "category_id": {3: "Tents"}, "assignee_id": {2: "Ines"}}
    return Commands(block, Names(fields=rules.fields, ids=ids), labels=labels)


def _match(scene: Scene, envelope: Envelope) -> Match | None:
    clues = clues_of(envelope, verify=tuple, verify_numbers=lambda tags: tuple(tag.number for tag in tags))
    if scene.status is None:
        find_match(clues, envelope=envelope, stored=Stored())
        return None
    ticket = _ticket(scene.status)
    hits = [Hit(ticket.id, 1), Hit(ticket.id, 2, is_own=False)]
    stored = Stored(
        tokens={clue.key: hits for clue in clues if clue.reason in BY_TOKEN},
        references={clue.key: hits for clue in clues if clue.reason not in BY_TOKEN and not clue.by_number},
        numbers={clue.key: ticket.id for clue in clues if clue.by_number},
        tickets={ticket.id: ticket},
        people={ticket.id: envelope.people},
    )
    found = find_match(clues, envelope=envelope, stored=stored)
    return found or Match(ticket, ThreadReason.REFERENCE, "<x@y.test>", sender_is_known=False)


def _ticket(status: Status) -> TicketFacts:
    return TicketFacts(
        id=1,
        number=17,
        status=status,
        mailbox_id=MAILBOX_ID,
        is_history=False,
        merged_into_id=None,
        follows_id=None,
        waiting_since=None,
        active_at=MOMENT,
        has_attachments=False,
        message_count=2,
        requester_id=5,
        fields={"text": "before", "choices": ["low"], "long_text": "before"},
    )


def _words(envelope: Envelope) -> tuple[str, ...]:
    return words_of(subject=envelope.subject, text=envelope.mail.text, sender=envelope.from_address)


def _counts(envelope: Envelope) -> dict[str, tuple[int, int]]:
    """Mails of many words are spam here, and others clean."""
    words = _words(envelope)
    return dict.fromkeys(words, (50, 0) if len(words) % 2 else (0, 50))


def _rules(envelope: Envelope, facts: Facts, decision: Decision) -> list[object]:
    if not looks_at(decision, facts):
        return []
    about = About(decision.action is Action.ADD, facts.trust, company_id=3, spam=spam_state(facts.opinion))
    matched = matching(facts.settings.rules, seen_of(envelope, about))
    status = effect_of(decision, envelope=envelope, facts=facts).status
    done = effects_of(matched, before=Standing(status, Priority.NORMAL, team_id=1), targets=TARGETS)
    return [[hit.found for each in matched for hit in each.hits], [dict(each.data) for each in done.changes]]


def _answer(envelope: Envelope, facts: Facts, decision: Decision) -> object:
    refusal = may_mail_be_answered(Asked(envelope, facts, decision, MOMENT))
    return None if refusal is None else [refusal.code, storable(refusal.data)]


def _check(seen: Mapping[str, Any]) -> None:
    """It is JSON, and no text in it has what PostgreSQL refuses."""
    for text in _texts(json.loads(json.dumps(seen))):
        if "\x00" in text:
            raise NotClean(f"NUL in {text[:80]!r}")
        text.encode("utf-8")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
