"""One step as pages show it, and the trace that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailboxes.models import RemoteMessage
from ticketing.inbound.findings import SAW
from ticketing.inbound.verdicts import SHOWN_HEADERS

Data = Mapping[str, Any]


@dataclass(frozen=True)
class StepView:
    """One step of the way to the verdict."""

    state: str  # ok, warn, fail or skip
    title: str
    text: str = ""
    icon: str = "check"
    rule_id: int | None = None  # of the rule that it tells of
    setting: str = ""  # the address of the setting that it went by


def asked(entry: RemoteMessage) -> Sequence[str]:
    """The names of the steps that were asked, in order; the last one decided."""
    return [name for name in entry.trace if isinstance(name, str) and not is_header(name)]


def rules_told(entry: RemoteMessage) -> Sequence[Data]:
    """What is told of each rule that matched."""
    return [each for each in entry.trace if isinstance(each, dict) and "rule" in each]


def seen(entry: RemoteMessage) -> Data | None:
    """What the steps saw, by name; None where that was not written down yet."""
    return next((each[SAW] for each in entry.trace if isinstance(each, dict) and SAW in each), None)


def is_header(line: str) -> bool:
    """True for a header of ours that the mail carried: shown, never obeyed."""
    return line.lower().startswith(SHOWN_HEADERS)
