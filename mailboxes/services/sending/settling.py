"""What a person decides about an outgoing mail: send again, take as sent, correct an address, cancel.

failed ─▶ queued (retry, other address)    unknown ─▶ sent | queued (the same Message-ID)    not yet gone ─▶ cancelled
Each is written to the audit trail. While a worker is sending the mail, all of them are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import Installation, WorkItem, WorkKind
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient
from mailboxes.services.sending import delivery_states, filing
from mailboxes.services.sending.delivery_states import NOTHING_SAID
from mailboxes.services.sending.outbox import check_address

S = DeliveryState


def retry_now(outbox: OutboxMessage, *, actor: Membership) -> None:
    """Failed recipients are queued again, and those put off are tried at once.

    Inside the organization's scope, like all here. Raises DomainError: nothing_to_do, being_sent.
    """
    with _held(outbox) as held:
        ids = _ids(held, S.FAILED)
        if not ids and not _ids(held, S.RETRY, S.QUEUED):
            raise _nothing_to_do()
        delivery_states.move(held, ids=ids, to=S.QUEUED, **NOTHING_SAID)
        _queue_again(held)
        _audit("outbox.retried", held, actor=actor)


def resend(outbox: OutboxMessage, *, actor: Membership) -> None:
    """Recipients whose delivery is unknown get the mail, perhaps a second time, under the same Message-ID.

    Raises DomainError: nothing_to_do, being_sent.
    """
    with _held(outbox) as held:
        ids = _ids(held, S.UNKNOWN)
        if not ids:
            raise _nothing_to_do()
        delivery_states.move(held, ids=ids, to=S.QUEUED, is_marked=False, **NOTHING_SAID)
        _queue_again(held)
        _audit("outbox.resent", held, actor=actor)


def mark_as_sent(outbox: OutboxMessage, *, actor: Membership) -> None:
    """Recipients whose delivery is unknown count as sent, on the word of a person.

    Raises DomainError: nothing_to_do, being_sent.
    """
    with _held(outbox) as held:
        ids = _ids(held, S.UNKNOWN)
        if not ids:
            raise _nothing_to_do()
        moment = clock.now()
        delivery_states.move(held, ids=ids, to=S.SENT, is_marked=False, sent_at=moment)
        held.sent_at, held.handle = held.sent_at or moment, ""
        delivery_states.settle(held)
        filing.look_later(held)
        _audit("outbox.marked_sent", held, actor=actor)


def change_address(recipient: OutboxRecipient, *, address: str, actor: Membership) -> None:
    """The mail goes to this address instead of one that failed, or fails again and again.

    Its headers stay as they were composed.

    Raises DomainError: bad_address, duplicate_address, nothing_to_do, being_sent.
    """
    address = address.strip()
    check_address(address)
    with _held(recipient.outbox) as held:
        if recipient.id not in _ids(held, S.RETRY, S.FAILED):
            raise _nothing_to_do()
        before = recipient.address
        try:
            with transaction.atomic():
                delivery_states.move(held, ids=[recipient.id], to=S.QUEUED, address=address, **NOTHING_SAID)
        except IntegrityError as error:
            raise DomainError(_("This mail already goes to that address."), code="duplicate_address") from error
        _queue_again(held)
        _audit("outbox.address_changed", held, actor=actor, changes={"address": (before, address)})


def cancel(outbox: OutboxMessage, *, actor: Membership) -> None:
    """Whoever has not got the mail will not get it. Raises DomainError: nothing_to_do, being_sent."""
    with _held(outbox) as held:
        ids = _ids(held, S.QUEUED, S.RETRY, S.FAILED, S.UNKNOWN)
        if not ids:
            raise _nothing_to_do()
        delivery_states.move(held, ids=ids, to=S.CANCELLED)
        work.withdraw(WorkKind.DELIVER, organization_id=held.organization_id, row_id=held.id)
        delivery_states.settle(held)
        _audit("outbox.cancelled", held, actor=actor)


def look_for_proof(outbox: OutboxMessage) -> None:
    """A worker looks into Sent soon; if the mail is there, its unknown recipients become `sent`.

    Raises DomainError (no_proof) where nothing found in Sent could prove it.
    """
    if not filing.can_be_proven(outbox):
        sentence = _("A copy in Sent would prove nothing here: it may be there from an earlier recipient.")
        raise DomainError(sentence, code="no_proof")
    filing.look_later(outbox)


def raise_epoch() -> int:
    """What any outbox holds is from before a restore from now on, and is not sent by itself; gives the new epoch.

    Outside any scope.
    """
    Installation.objects.get_or_create(id=1)
    Installation.objects.filter(id=1).update(outbox_epoch=F("outbox_epoch") + 1)
    return delivery_states.outbox_epoch()


def hold_outbox() -> int:
    """Everything unsent from before the restore is unknown; gives the number of recipients. In the scope."""
    unsent = OutboxMessage.objects.filter(
        epoch__lt=delivery_states.outbox_epoch(), recipients__state__in=(*delivery_states.TO_SEND, S.SENDING)
    ).distinct()
    count = 0
    for outbox in unsent:
        with transaction.atomic():
            work.withdraw(WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
            before = len(_ids(outbox, S.UNKNOWN))
            delivery_states.recover(outbox)
            delivery_states.hold(outbox)
            delivery_states.settle(outbox)
            count += len(_ids(outbox, S.UNKNOWN)) - before
    return count


@contextmanager
def _held(outbox: OutboxMessage) -> Iterator[OutboxMessage]:
    """A transaction in which no worker begins to send this mail; gives the row as it is now.

    Raises DomainError (being_sent) while one is at it.
    """
    with transaction.atomic():
        # The work item first, as workers do it: whoever comes second waits, and then sees what the first did.
        items = WorkItem.objects.filter(kind=WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
        items.update(attempts=F("attempts"))
        is_leased = items.filter(leased_until__gt=clock.now()).exists()
        held = OutboxMessage.objects.select_related("mailbox").get(id=outbox.id)
        if is_leased and _ids(held, S.SENDING):
            raise DomainError(_("The mail is being sent right now. Look again in a minute."), code="being_sent")
        delivery_states.recover(held)
        yield held


def _ids(outbox: OutboxMessage, *states: DeliveryState) -> list[int]:
    rows = OutboxRecipient.objects.filter(outbox=outbox, state__in=states)
    return list(rows.values_list("id", flat=True))


def _queue_again(outbox: OutboxMessage) -> None:
    """Due now; four days of trying begin anew."""
    outbox.send_after = clock.now()
    outbox.epoch = delivery_states.outbox_epoch()
    outbox.error_reason = outbox.error_detail = ""
    delivery_states.roll_up(outbox)
    work.enqueue(WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
    drains.wake(WorkKind.DELIVER)


def _nothing_to_do() -> DomainError:
    return DomainError(_("The mail is in another state by now. Look at it again."), code="nothing_to_do")


def _audit(action: str, outbox: OutboxMessage, *, actor: Membership, changes: audit.Changes | None = None) -> None:
    audit.record(action, target=outbox, actor=actor, changes=changes, label=outbox.message_id)
