"""Which stages the test of each kind of connection has. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailboxes.connectors.later import later
from mailboxes.diagnosis.graph_reading import graph_plan
from mailboxes.diagnosis.imap_reading import imap_plan
from mailboxes.diagnosis.plan import Plan, Trial
from mailboxes.diagnosis.pop3_reading import pop3_plan

PLANS: Mapping[str, Callable[[Any, Trial], Plan]] = {
    "imap": imap_plan,
    "pop3": pop3_plan,
    "graph": graph_plan,
    "ews": later("mailboxes.diagnosis.ews_plan:ews_plan"),
}


def plan_for(kind: str, config: Any, *, trial: Trial) -> Plan:
    """The test of a connection of this kind; connects to nothing yet. Raises KeyError for a kind that is none.

    config: the frozen config of the kind (connectors.config).
    """
    return PLANS[kind](config, trial)
