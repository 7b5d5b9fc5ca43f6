"""What forbids an automatic answer to its recipient now. `guard` has the order."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from helpdesk.tenancy import floods
from mailboxes.services.sending.bouncing import silenced
from mailboxes.services.sending.suppressing import suppressed
from ticketing.answering.limits import limits
from ticketing.answering.refusals import NoAnswer, Refusal
from ticketing.models import AnswerState, AutomaticAnswer, LoopLimits
from ticketing.outbound.recipients import is_own, own_addresses

ANSWERED = "answered:"  # before the address, where the installation counts answers


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


def mailbox_has_answered_enough(answer: AutomaticAnswer, moment: datetime) -> Refusal | None:
    """The mailbox has given as many automatic answers as loop protection allows within its window."""
    allowed = LoopLimits.objects.first() or LoopLimits()
    lately = AutomaticAnswer.objects.filter(
        raw__mailbox_id=answer.raw.mailbox_id,
        state=AnswerState.QUEUED,
        settled_at__gt=moment - timedelta(minutes=allowed.window_minutes),
    )
    if lately[: allowed.answers_per_mailbox].count() < allowed.answers_per_mailbox:
        return None
    data = {"count": allowed.answers_per_mailbox, "minutes": allowed.window_minutes}
    return Refusal(NoAnswer.MAILBOX_OVER_BUDGET, data)


def has_had_enough_here(answer: AutomaticAnswer, moment: datetime) -> Refusal | None:
    """The organizations of the installation together have answered the address as often as its operator allows."""
    allowed = settings.ANSWERS_PER_ADDRESS_AND_HOUR
    if not allowed or floods.taken(f"{ANSWERED}{answer.budget_key}", at=moment) < allowed:
        return None
    return Refusal(NoAnswer.HERE_OVER_BUDGET, {"address": answer.recipient, "count": allowed})
