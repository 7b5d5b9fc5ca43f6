"""What forbids an automatic answer to its recipient now. `guard` has the order."""

from __future__ import annotations

from datetime import datetime

from mailboxes.services.sending.bouncing import silenced
from mailboxes.services.sending.suppressing import suppressed
from ticketing.answering.budgets import find_spent
from ticketing.answering.refusals import NoAnswer, Refusal
from ticketing.models import AutomaticAnswer, FloodScope
from ticketing.outbound.recipients import is_own, own_addresses


def is_our_own(answer: AutomaticAnswer, _moment: datetime) -> Refusal | None:
    """A mailbox of the organization, under any of its addresses: it would answer itself."""
    if not is_own(answer.recipient, own=own_addresses()):
        return None
    return Refusal(NoAnswer.OWN_ADDRESS, {"address": answer.recipient})


def is_marked_spam(answer: AutomaticAnswer, _moment: datetime) -> Refusal | None:
    """The ticket is among the spam by now."""
    return Refusal(NoAnswer.SPAM) if answer.ticket is not None and answer.ticket.is_spam else None


def has_bounced(answer: AutomaticAnswer, _moment: datetime) -> Refusal | None:
    """Mail to the address failed for good, or was called spam there."""
    found = silenced(answer.recipient)
    if found is None:
        return None
    why = {"address": answer.recipient, "at": found.bounced_at.isoformat(), "cause": found.cause}
    return Refusal(NoAnswer.BOUNCED, why)


def is_suppressed(answer: AutomaticAnswer, _moment: datetime) -> Refusal | None:
    """The address, or its domain, is on the list of who gets no mail."""
    if not suppressed([answer.recipient]):
        return None
    return Refusal(NoAnswer.SUPPRESSED, {"address": answer.recipient})


def budget_is_spent(answer: AutomaticAnswer, moment: datetime) -> Refusal | None:
    """As many went out as may: to the address, of the mailbox, of the one to the other, or of everybody here."""
    spent = find_spent(answer, moment=moment)
    if spent is None:
        return None
    scope, budget = spent.flood.key[0], spent.budget
    is_by_hours = scope is FloodScope.ANSWERS
    window = {"hours": budget.minutes // 60} if is_by_hours else {"minutes": budget.minutes}
    data: dict[str, object] = {"address": answer.recipient, "count": budget.most, **window}
    if spent.flood.is_known:
        data["is_known"] = True
    return Refusal(_CODES[scope], data, spent)


_CODES = {
    FloodScope.ANSWERS: NoAnswer.OVER_BUDGET,
    FloodScope.ANSWERS_PAIR: NoAnswer.PAIR_OVER_BUDGET,
    FloodScope.ANSWERS_MAILBOX: NoAnswer.MAILBOX_OVER_BUDGET,
    FloodScope.ANSWERS_HERE: NoAnswer.HERE_OVER_BUDGET,
}
