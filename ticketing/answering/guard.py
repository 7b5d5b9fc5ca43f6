"""May anything automatic answer? The one place that says so, for every cause: yes, or the first reason not to.

Two rows of checks. Those of the mail are pure and asked while it is recorded; those of the recipient are asked when the
answer is about to go into the outbox, and once more while the organization's counters are locked, so that two answers
at once cannot both be the last that a budget allows. Each row is asked in order; adding a reason is a line in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from ticketing.answering.of_mail import (
    Asked,
    asks_for_none,
    comes_late,
    is_automatic,
    is_history,
    is_listed,
    is_not_proven,
    is_spam,
    names_no_sender,
)
from ticketing.answering.of_recipient import (
    budget_is_spent,
    has_bounced,
    is_marked_spam,
    is_our_own,
    is_suppressed,
)
from ticketing.answering.refusals import Refusal
from ticketing.models import AutomaticAnswer

MailCheck = Callable[[Asked], Refusal | None]
RecipientCheck = Callable[[AutomaticAnswer, datetime], Refusal | None]

OF_MAIL: tuple[MailCheck, ...] = (
    is_history,
    is_automatic,  # before spam: what kind of machine wrote says more
    is_spam,
    names_no_sender,
    asks_for_none,
    is_not_proven,
    is_listed,
    comes_late,
)
OF_RECIPIENT: tuple[RecipientCheck, ...] = (
    is_our_own,
    is_marked_spam,  # a person may have been faster than the worker
    has_bounced,
    is_suppressed,
    budget_is_spent,  # last: what is withheld for another reason takes nothing from it
)


def may_mail_be_answered(asked: Asked) -> Refusal | None:
    """Why this mail is not answered by itself, whoever sent it; None: it may be. Pure."""
    return _first(check(asked) for check in OF_MAIL)


def may_recipient_be_answered(answer: AutomaticAnswer, *, moment: datetime) -> Refusal | None:
    """Why this answer does not go out now; None: it may. A few queries; inside the organization's scope."""
    return _first(check(answer, moment) for check in OF_RECIPIENT)


def _first(found: Iterator[Refusal | None]) -> Refusal | None:
    return next((refusal for refusal in found if refusal is not None), None)
