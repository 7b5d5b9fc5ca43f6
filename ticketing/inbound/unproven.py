"""What a mail asked for by its From alone: what it was given all the same, and what it was not. Pure.

Kept with the verdict and with the message, so that both can say why somebody who is known did not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any

from ticketing.fields.commands import UNPROVEN
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.envelope import Envelope, RequesterSource
from ticketing.inbound.facts import Facts
from ticketing.inbound.mapping.applying import Mapped
from ticketing.inbound.thread_match import BY_SENDER

SAID = "unproven"  # under what name the reason and the message keep it


class Claim(StrEnum):
    """What From named somebody for."""

    COMMANDS = "commands"  # fields set from the body
    NUMBER = "number"  # a ticket's number in the subject, or the index of its conversation, by somebody on it
    FORWARD = "forward"  # somebody else's mail, passed on by an agent
    OURS = "ours"  # an answer of ours, written in a mail program


def told(decision: Decision, *, envelope: Envelope, facts: Facts, mapped: Mapped) -> Decision:
    """The decision; its reason says what the mail gave its ticket, and what it asked for by From alone."""
    said = _unproven(envelope, facts, decision, mapped=mapped)
    return replace(decision, data={**decision.data, **mapped.said, **said})


def _unproven(envelope: Envelope, facts: Facts, decision: Decision, *, mapped: Mapped) -> dict[str, Any]:
    """Nothing where From asked for nothing, or was good for it."""
    if facts.sender_counts or decision.is_sent or decision.action not in (Action.OPEN, Action.ADD):
        return {}
    given, refused = [*_given(facts, decision)], [*_refused(envelope, facts, decision, mapped)]
    if not given and not refused:
        return {}
    said: dict[str, Any] = {"proof": facts.trust.proof.value, "of_all": facts.settings.writers.of_all}
    named = {"given": given, "refused": refused, "number": facts.doubted_number}
    return {SAID: said | {name: value for name, value in named.items() if value}}


def _given(facts: Facts, decision: Decision) -> Iterator[str]:
    """What harms nobody, since whoever forged From could have had as much without."""
    match, requester = facts.match, facts.requester
    if decision.action is Action.ADD and match is not None and match.reason in BY_SENDER:
        yield Claim.NUMBER.value
    if decision.action is Action.OPEN and requester is not None and requester.how is RequesterSource.FORWARDED:
        yield Claim.FORWARD.value


def _refused(envelope: Envelope, facts: Facts, decision: Decision, mapped: Mapped) -> Iterator[str]:
    if any(line.why == UNPROVEN for line in mapped.refused):
        yield Claim.COMMANDS.value
    if facts.doubted_number:
        yield Claim.NUMBER.value
    if facts.is_doubted_agent:
        yield Claim.FORWARD.value
    is_answer = decision.action is Action.ADD and not decision.is_quiet
    if is_answer and facts.is_by_one_of_ours(envelope):
        yield Claim.OURS.value
