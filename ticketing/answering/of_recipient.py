"""What forbids an automatic answer to its recipient now. `guard` has the order."""

from __future__ import annotations

from datetime import datetime, timedelta

from ticketing.answering.limits import limits
from ticketing.answering.refusals import NoAnswer, Refusal
from ticketing.models import AnswerState, AutomaticAnswer, ContactAddress
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
    """Mail to the address failed for good."""
    found = ContactAddress.objects.filter(address=answer.recipient).exclude(bounced_at=None)
    at = found.values_list("bounced_at", flat=True).first()
    if at is None:
        return None
    return Refusal(NoAnswer.BOUNCED, {"address": answer.recipient, "at": at.isoformat()})


def has_had_enough(answer: AutomaticAnswer, moment: datetime) -> Refusal | None:
    """As many automatic answers as are allowed have gone to the address, whatever tag it bore."""
    allowed = limits()
    since = moment - timedelta(hours=allowed.within_hours)
    lately = AutomaticAnswer.objects.filter(
        budget_key=answer.budget_key, state=AnswerState.QUEUED, settled_at__gt=since
    )
    if lately[: allowed.max_answers].count() < allowed.max_answers:
        return None
    data = {"address": answer.recipient, "count": allowed.max_answers, "hours": allowed.within_hours}
    return Refusal(NoAnswer.OVER_BUDGET, data)
