"""Why a mail is not answered by itself, as codes and values; `ticketing/answer_words.py` puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ticketing.answering.budgets import Spent


class NoAnswer(StrEnum):
    """The code of a reason, as an automatic answer keeps it."""

    HISTORY = "history"
    LATE = "late"  # hours: how old the mail may be
    SPAM = "spam"
    AUTOMATIC = "automatic"  # kind, sign
    FORBIDDEN = "forbidden"  # sign
    NOT_PROVEN = "not_proven"  # line
    LISTED = "listed"  # kind, value, place
    NO_SENDER = "no_sender"
    OWN_ADDRESS = "own_address"  # address
    BOUNCED = "bounced"  # address, at
    SUPPRESSED = "suppressed"  # address
    # The budgets of `budgets`; with is_known that one of them was spent before, and nobody has looked.
    OVER_BUDGET = "over_budget"  # address, count, hours
    PAIR_OVER_BUDGET = "pair_over_budget"  # address, count, minutes
    MAILBOX_OVER_BUDGET = "mailbox_over_budget"  # count, minutes
    HERE_OVER_BUDGET = "here_over_budget"  # address, count
    BY_RULE = "by_rule"  # rule, rule_id
    NO_MAILBOX = "no_mailbox"
    NO_SERVER = "no_server"
    NO_TEXT = "no_text"
    BAD_ADDRESS = "bad_address"  # address
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is said."""

    code: NoAnswer
    data: Mapping[str, object] = field(default_factory=dict)  # what the sentence names, in no language; JSON
    spent: Spent | None = None  # the budget that does not allow it
