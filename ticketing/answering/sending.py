"""Automatic answers that are due go into the outbox, or say why not. Handler of due `answer` items, one for each mail.

due ─guard▶ withheld      due ─guard, texts, compose▶ outbox + message of the ticket + queued, in one transaction

Killed at any line it starts again: an answer leaves its state `due` only in the transaction that queues it.
"""

from __future__ import annotations

from django.db import transaction

from helpdesk.lib import clock, faults, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters, floods, work
from helpdesk.tenancy.scope import organization_scope, writing_scope
from mailboxes.models import OutboxMessage
from ticketing.answering.budgets import ANSWERED
from ticketing.answering.guard import may_recipient_be_answered
from ticketing.answering.letters import Letter, letter_of, queue_letter
from ticketing.answering.records import write_answer
from ticketing.answering.refusals import NoAnswer, Refusal
from ticketing.models import AnswerState, AutomaticAnswer
from ticketing.services.loops import note_withheld

_AGAIN_S = 60.0  # when storage is down
_CODES = {
    "no_mailbox": NoAnswer.NO_MAILBOX,
    "no_server": NoAnswer.NO_SERVER,
    "bad_address": NoAnswer.BAD_ADDRESS,
    "suppressed": NoAnswer.SUPPRESSED,
    "too_large": NoAnswer.TOO_LARGE,
}


class _Later(Exception):
    """Storage is down; nothing was written."""


class _Withheld(Exception):
    """The guard says no, now that nobody else can answer meanwhile; the letter is not queued."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.code)


def handle(claim: work.Claim) -> None:
    """What the mail's sender is to be told is in the outbox, or withheld with its reason. Raises LeaseLost."""
    try:
        for answer_id in _due(claim):
            _settle(answer_id, claim=claim)
    except _Later:
        with writing_scope(claim.organization_id):
            work.reschedule(claim, due_at=clock.in_seconds(_AGAIN_S), succeeded=False)
        return
    with writing_scope(claim.organization_id):
        work.finish(claim)


def _due(claim: work.Claim) -> list[int]:
    with organization_scope(claim.organization_id):
        due = AutomaticAnswer.objects.filter(raw_id=claim.row_id, state=AnswerState.DUE)
        return list(due.order_by("id").values_list("id", flat=True))


def _settle(answer_id: int, *, claim: work.Claim) -> None:
    with writing_scope(claim.organization_id):
        work.still_ours(claim)
        rows = AutomaticAnswer.objects.select_related(
            "raw__mailbox__outgoing__login_of", "ticket__mailbox", "ticket__merged_into__mailbox", "organization"
        )
        answer: AutomaticAnswer | None = rows.filter(id=answer_id, state=AnswerState.DUE).first()
        if answer is None:
            return
        if answer.ticket is not None and answer.ticket.merged_into is not None:  # a person was faster
            answer.ticket = answer.ticket.merged_into
        outcome = _outcome(answer)
        if isinstance(outcome, Refusal):
            _close(answer, state=AnswerState.WITHHELD, reason_code=outcome.code, reason_data=dict(outcome.data))
            if outcome.spent is not None:
                note_withheld(outcome.spent, moment=clock.now())
        else:
            _close(answer, state=AnswerState.QUEUED, outbox=outcome)
        faults.point("answer.written")


def _outcome(answer: AutomaticAnswer) -> Refusal | OutboxMessage:
    """The mail in the outbox, or why there is none."""
    refusal = may_recipient_be_answered(answer, moment=clock.now())
    if refusal is not None:
        return refusal
    try:
        letter = letter_of(answer)
        return Refusal(NoAnswer.NO_TEXT) if letter is None else _queued(answer, letter)
    except _Withheld as withheld:
        return withheld.refusal
    except DomainError as error:
        if error.code not in _CODES:
            raise _Later from error
        return Refusal(_CODES[error.code], {"address": answer.recipient})


def _queued(answer: AutomaticAnswer, letter: Letter) -> OutboxMessage:
    with transaction.atomic():
        queued = queue_letter(letter, answer=answer)
        # Locks the organization's counters: of two answers at once, the second sees that the first is queued.
        counters.take()
        refusal = may_recipient_be_answered(answer, moment=clock.now())
        if refusal is not None:
            files.discard([queued.storage_key])
            raise _Withheld(refusal)
        floods.take(f"{ANSWERED}{answer.budget_key}", at=clock.now())
        if answer.ticket is not None:
            write_answer(letter, answer=answer, outbox=queued)
    return queued


def _close(answer: AutomaticAnswer, **values: object) -> None:
    AutomaticAnswer.objects.filter(id=answer.pk).update(settled_at=clock.now(), **values)
