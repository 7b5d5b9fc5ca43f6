"""What is to become of one mail: worked out before anything is written, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.mapping.applying import NOTHING, Mapped
from ticketing.inbound.rules.effects import NO_EFFECTS, RuleEffects
from ticketing.inbound.trial import Trial
from ticketing.queries.tags import KnownTag


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
    tags: tuple[KnownTag, ...] = ()  # of the mapping, for a new ticket

    @property
    def writes_message(self) -> bool:
        """False when the verdict is all, or all but an entry in a history."""
        return self.decision.action not in (Action.NOTHING, Action.MENTION)

    @property
    def completes(self) -> bool:
        """True if a message that was there becomes whole."""
        return self.decision.action is Action.COMPLETE

    @property
    def ticket_id(self) -> int | None:
        """Of a ticket that is there."""
        if self.completes and self.facts.placeholder is not None:
            return self.facts.placeholder.ticket_id
        return self.decision.ticket_id

    @property
    def opens(self) -> bool:
        """True if there will be a new ticket."""
        return self.decision.action is Action.OPEN


class PlanIsStale(Exception):
    """Something happened in the organization since the facts were loaded, and they are no longer true; decide again."""
