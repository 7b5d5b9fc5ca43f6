"""What of a mail forbids an automatic answer to it (RFC 3834 section 2). Pure; `guard` has the order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ticketing.answering.refusals import NoAnswer, Refusal
from ticketing.inbound.automatic import recognise
from ticketing.inbound.decisions import Action, Decision
from ticketing.inbound.effects import goes_to_spam
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.facts import Facts
from ticketing.inbound.policy.spam import recognise_spam
from ticketing.mail.automation import is_robot
from ticketing.mail.spam_headers import dmarc_failure
from ticketing.models import AutomaticClass

LATE_AFTER = timedelta(days=3)  # a mail that comes in so long after it was received has long been wondered about


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail, what was decided about it, when that is, and who would be answered."""

    envelope: Envelope
    facts: Facts
    decision: Decision
    moment: datetime
    instead: str = ""  # whom the answer would go to, where that is not the sender

    @property
    def recipient(self) -> str:
        """Lower-cased; "" where the mail names no sender."""
        return self.instead or self.envelope.sender


def is_history(asked: Asked) -> Refusal | None:
    """Mail that was there before the mailbox was connected."""
    return Refusal(NoAnswer.HISTORY) if asked.envelope.delivery.is_history else None


def is_automatic(asked: Asked) -> Refusal | None:
    """Automatic mail of any class, lists and bulk among them, and reports of failed delivery."""
    mail = asked.envelope.mail
    found = recognise(mail, sender=asked.envelope.sender)
    if found is not None:
        return Refusal(NoAnswer.AUTOMATIC, {"kind": AutomaticClass(found.kind).value, "sign": found.signal})
    if mail.bounce is not None or mail.automation.kind is not None:
        return Refusal(NoAnswer.AUTOMATIC, {"kind": "bounce", "sign": mail.automation.signal})
    return None


def is_spam(asked: Asked) -> Refusal | None:
    """What was taken for spam, by its headers or its words, or would have been if it had not been kept out before.

    So is what answers a ticket among the spam.
    """
    is_kept_out = asked.decision.action in (Action.NOTHING, Action.MENTION)
    found = recognise_spam(asked.envelope, asked.facts) if is_kept_out else None
    if found is not None:
        return Refusal(NoAnswer.SPAM, found.why_spam)
    is_among_it = asked.decision.is_spam or goes_to_spam(asked.decision, asked.facts)
    return Refusal(NoAnswer.SPAM) if is_among_it else None


def names_no_sender(asked: Asked) -> Refusal | None:
    """There is nobody to answer."""
    return None if asked.envelope.sender else Refusal(NoAnswer.NO_SENDER)


def asks_for_none(asked: Asked) -> Refusal | None:
    """Its headers ask for no answer, or its address belongs to a program, as may that of whom it was forwarded from."""
    if is_robot(asked.recipient):
        return Refusal(NoAnswer.FORBIDDEN, {"sign": asked.recipient})
    automation = asked.envelope.mail.automation
    return None if automation.may_answer else Refusal(NoAnswer.FORBIDDEN, {"sign": automation.no_answer_because})


def is_not_proven(asked: Asked) -> Refusal | None:
    """DMARC failed at the server that received it: the answer would go to whom the mail may only pretend to be from.

    The mailbox's switch for this header says what is spam; who is not proven is answered in no case.
    """
    envelope = asked.envelope
    found = dmarc_failure(envelope.mail.headers, provider=envelope.delivery.spam.provider)
    return Refusal(NoAnswer.NOT_PROVEN, {"line": found.line}) if found is not None else None


def is_listed(asked: Asked) -> Refusal | None:
    """Who would be answered, or words in it, stand in the list of what is never answered."""
    filtered = asked.envelope.filtered
    seen = replace(filtered, sender=asked.recipient) if asked.instead else filtered
    hit = asked.facts.settings.answers.unanswered.hit(seen)
    if hit is None:
        return None
    return Refusal(NoAnswer.LISTED, {"kind": hit.entry.kind.value, "value": hit.entry.value, "place": hit.place})


def comes_late(asked: Asked) -> Refusal | None:
    """It was received days ago: an outage is over, or somebody asked for it to be decided anew."""
    delivery = asked.envelope.delivery
    if delivery.is_tried or asked.moment - delivery.received_at <= LATE_AFTER:
        return None
    return Refusal(NoAnswer.LATE, {"hours": int(LATE_AFTER.total_seconds() // 3600)})
