"""Discarded mails that are due go into the outbox, or say why not. Handler of due `forward` items.

due ─checks▶ withheld      due ─compose▶ outbox + queued, in one transaction

It never goes round: nothing automatic is forwarded, nothing to a mailbox of ours, nothing to its own sender, no answer
to what was forwarded, and no more in an hour than anybody can read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdesk.lib import clock, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import writing_scope
from mailboxes.models import Mailbox, OutboxMessage
from ticketing.forwarding.letters import letter_for, queue_letter
from ticketing.forwarding.noting import WithheldBecause
from ticketing.inbound.deliveries import settled_delivery
from ticketing.inbound.envelope import Envelope, make_envelope
from ticketing.inbound.process import read_mail
from ticketing.models import ForwardedMail, ForwardState, WriterPolicy
from ticketing.outbound.recipients import is_own, own_addresses

MAX_AN_HOUR = 100  # of one organization
_AGAIN_S = 60.0  # when storage is down
_CODES = {
    "no_mailbox": WithheldBecause.NO_SERVER,
    "no_server": WithheldBecause.NO_SERVER,
    "bad_address": WithheldBecause.BAD_ADDRESS,
    "bounced": WithheldBecause.BOUNCED,
    "suppressed": WithheldBecause.BAD_ADDRESS,  # on the list of who gets no mail
    "too_large": WithheldBecause.TOO_LARGE,
}


@dataclass(frozen=True)
class _Found:
    """A mail that is due, and what is set for it now."""

    row: ForwardedMail
    mailbox: Mailbox
    envelope: Envelope
    policy: WriterPolicy


class _Later(Exception):
    """Storage is down; nothing was written."""


def handle(claim: work.Claim) -> None:
    """The mail is on its way to whom the policy names, or withheld with its reason. Raises LeaseLost."""
    try:
        with writing_scope(claim.organization_id):
            work.still_ours(claim)
            _settle(claim.row_id)
            work.finish(claim)
    except _Later:
        with writing_scope(claim.organization_id):
            work.reschedule(claim, due_at=clock.in_seconds(_AGAIN_S), succeeded=False)


def _settle(raw_id: int) -> None:
    rows = ForwardedMail.objects.select_related("raw__mailbox__outgoing__login_of")
    row: ForwardedMail | None = rows.filter(raw_id=raw_id, state=ForwardState.DUE).first()
    if row is None:
        return
    found = _found(row)
    outcome = found if isinstance(found, WithheldBecause) else _refusal(found) or _queued(found)
    recipient = "" if isinstance(found, WithheldBecause) else found.policy.forward_to
    values: dict[str, object] = {"recipient": recipient, "settled_at": clock.now()}
    if isinstance(outcome, OutboxMessage):
        values |= {"state": ForwardState.QUEUED, "outbox": outcome}
    else:
        values |= {"state": ForwardState.WITHHELD, "reason": outcome.value}
    ForwardedMail.objects.filter(pk=row.pk).update(**values)


def _found(row: ForwardedMail) -> _Found | WithheldBecause:
    policy = _policy_of(row.raw.mailbox_id)
    if policy is None or not policy.forward_to:
        return WithheldBecause.NOBODY
    delivery = settled_delivery(row.raw_id)
    if delivery is None or not delivery.storage_key:
        return WithheldBecause.FILE_MISSING
    try:
        original = files.read(delivery.storage_key)
    except FileNotFoundError:
        return WithheldBecause.FILE_MISSING
    envelope = make_envelope(delivery, mail=read_mail(original, delivery), original=original)
    return _Found(row, row.raw.mailbox, envelope, policy)


def _policy_of(mailbox_id: int) -> WriterPolicy | None:
    """The mailbox's own, else that of all."""
    rows = {row.mailbox_id: row for row in WriterPolicy.objects.filter(follows=False)}
    return rows.get(mailbox_id) or rows.get(None)


def _refusal(found: _Found) -> WithheldBecause | None:
    recipient, envelope = found.policy.forward_to.lower(), found.envelope
    if is_own(recipient, own=own_addresses()):
        return WithheldBecause.OUR_OWN
    if envelope.sender == recipient:
        return WithheldBecause.ITS_SENDER
    if OutboxMessage.objects.filter(
        message_id__in=envelope.answers, id__in=ForwardedMail.objects.exclude(outbox=None).values("outbox_id")
    ).exists():
        return WithheldBecause.ANSWERS_US
    since = clock.now() - timedelta(hours=1)
    recent = ForwardedMail.objects.filter(settled_at__gt=since, state=ForwardState.QUEUED)
    return WithheldBecause.TOO_MANY if recent.count() >= MAX_AN_HOUR else None


def _queued(found: _Found) -> OutboxMessage | WithheldBecause:
    try:
        letter = letter_for(found.envelope, mailbox=found.mailbox, policy=found.policy)
        return queue_letter(letter)
    except DomainError as error:
        if error.code not in _CODES:
            raise _Later from error
        return _CODES[error.code]
