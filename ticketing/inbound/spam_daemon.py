"""The operator's spam daemon and a mail on its way in: whether it is shown to it, and what is kept of the answer."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from helpdesk.spam_daemon.asking import asker_of
from helpdesk.spam_daemon.values import Heard, Trouble
from mailboxes.models import Outcome
from ticketing.inbound.decisions import Action
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.plans import Plan
from ticketing.inbound.policy.spam import heeds_daemon, recognise_spam


def wants_daemon(plan: Plan) -> bool:
    """True while the daemon is still to be asked: about mail that would open a ticket, or be kept out with an answer.

    What other settings decide without an answer needs no judgement. Nothing is looked up.
    """
    envelope, facts, decision = plan.envelope, plan.facts, plan.decision
    if settings.SPAM_DAEMON is None or envelope.heard is not None or not heeds_daemon(envelope, facts):
        return False
    if decision.outcome == Outcome.CREATED:
        return recognise_spam.__name__ in plan.trace
    is_answered = decision.action is Action.NOTHING and decision.answer is not None
    return is_answered and recognise_spam(envelope, facts) is None


def with_answer(envelope: Envelope, *, original: bytes) -> Envelope:
    """The envelope with what the daemon says of the mail, or why it says nothing. Outside any transaction.

    original: the mail's bytes. Takes as long as SPAM_DAEMON_TIMEOUT_S at most.
    """
    daemon = settings.SPAM_DAEMON
    return envelope if daemon is None else replace(envelope, heard=asker_of(daemon).hear(original))


def without_answer(envelope: Envelope, trouble: Trouble) -> Envelope:
    """The envelope as if the daemon had said nothing, for this reason."""
    daemon = settings.SPAM_DAEMON
    return envelope if daemon is None else replace(envelope, heard=Heard(daemon.kind, trouble=trouble))
