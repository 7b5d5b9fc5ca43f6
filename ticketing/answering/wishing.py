"""What a mail calls for by what became of it, written down with it: due, or withheld with its reason.

Inside the transaction that records the mail; `sending` does what is due. A mail that calls for nothing costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from ticketing.answering.guard import may_mail_be_answered
from ticketing.answering.of_mail import Asked
from ticketing.answering.refusals import NoAnswer
from ticketing.inbound.decisions import Action
from ticketing.inbound.envelope import RequesterSource
from ticketing.inbound.rows import UNLESS_KNOWN, Writes
from ticketing.inbound.verdicts import storable
from ticketing.mail.language import language_of
from ticketing.models import AnswerCause, AnswerState, AutomaticAnswer


@dataclass(frozen=True, slots=True)
class Wish:
    """An answer that a mail calls for."""

    cause: AnswerCause
    cause_id: str = ""  # of a canned answer: what the rule names


def wish_of(asked: Asked) -> Wish | None:
    """What the outcome of the mail calls for by itself; None: nothing was set, or nothing is to be said."""
    decision = asked.decision
    if decision.answer is not None:
        return Wish(decision.answer)
    opens = decision.action is Action.OPEN and not asked.envelope.delivery.is_history
    if opens and asked.facts.settings.answers.acknowledges:
        return Wish(AnswerCause.ACKNOWLEDGEMENT)
    return None


def note_wish(wish: Wish, asked: Asked, writes: Writes, *, ticket_id: int | None) -> None:
    """The answer will be due, or it will stand there why it is not given: with what records the mail.

    A mail that was decided before and is decided anew keeps the answer it had: it gets each only once.
    """
    asked = replace(asked, instead=_instead_of_sender(wish, asked))
    envelope, recipient = asked.envelope, asked.recipient
    refusal = may_mail_be_answered(asked)
    # Whoever was kept out of a ticket must not come onto it by being told so, nor get the token of its mails.
    is_kept_out = asked.decision.action in (Action.NOTHING, Action.MENTION)
    row = AutomaticAnswer(
        raw_id=envelope.delivery.raw_id,
        cause=wish.cause,
        cause_id=wish.cause_id,
        recipient=recipient,
        budget_key=budget_key(recipient),
        language=_language(asked),
        ticket_id=None if is_kept_out else ticket_id,
        wished_at=asked.moment,
    )
    if refusal is not None:
        row.state, row.settled_at = AnswerState.WITHHELD, asked.moment
        row.reason_code, row.reason_data = refusal.code, storable(refusal.data)
    writes.insert([row], end=UNLESS_KNOWN)
    if refusal is not None:
        return
    for sql, values in work.enqueuing(
        WorkKind.ANSWER, organization_id=required_organization_id(), row_id=envelope.delivery.raw_id
    ):
        writes.also(sql, values)
    drains.wake(WorkKind.ANSWER)


def _instead_of_sender(wish: Wish, asked: Asked) -> str:
    """Who asked, where an agent forwarded the mail of somebody: what is said about a ticket is said to its requester.

    That a mail was refused or too large is said to whoever sent it, an agent too; "": the sender.
    """
    requester = asked.envelope.requester
    is_forwarded = requester is not None and requester.how is RequesterSource.FORWARDED
    is_about_ticket = wish.cause in (AnswerCause.ACKNOWLEDGEMENT, AnswerCause.CANNED)
    return requester.address if requester is not None and is_forwarded and is_about_ticket else ""


def _language(asked: Asked) -> str:
    """Of a forwarded mail all of it says so: above it stands what the agent wrote."""
    mail = asked.envelope.mail
    return language_of(mail.text if asked.instead else mail.reply_text or mail.text, headers=mail.headers)


def withhold_acknowledgement(raw_id: int, *, rule: str, rule_id: int, moment: datetime) -> None:
    """The mail is not acknowledged, as the rule of this name says. In the transaction that records the mail, after it.

    One that nobody asked for stays so, and one that the guard has withheld keeps its reason.
    """
    due = AutomaticAnswer.objects.filter(raw=raw_id, cause=AnswerCause.ACKNOWLEDGEMENT, state=AnswerState.DUE)
    why = {"rule": rule, "rule_id": rule_id}
    due.update(state=AnswerState.WITHHELD, reason_code=NoAnswer.BY_RULE, reason_data=why, settled_at=moment)


def budget_key(address: str) -> str:
    """The address without a tag behind a plus: whoever varies it is the same person to a budget."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
