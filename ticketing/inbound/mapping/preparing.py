"""The envelope as the mailbox's mapping has it: who asks, and which files stay. Pure."""

from __future__ import annotations

from dataclasses import replace

from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.mapping.rules import KEEP_ALL


def prepared(envelope: Envelope, facts: Facts) -> Envelope:
    """The envelope that is written; what is decided does not depend on it."""
    rules = facts.settings.mapping
    if facts.requester is None and rules.files == KEEP_ALL:
        return envelope
    return replace(envelope, requester=facts.requester, keeping=rules.files)
