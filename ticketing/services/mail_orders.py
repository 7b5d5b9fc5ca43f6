"""A member decides about one mail of the log: let it in, put it into a ticket, throw it away.

    held, ignored, rejected or loop ─release, join─▶ pending, an order beside it ─▶ decided anew, with fresh attempts
    held or loop ─discard─▶ ignored; it can still be let in, as long as its source is kept

An order stands beside the mail until another takes its place, or *Retry* asks what the settings say (`intake_retry`). A
second release adds to the first, whose step would keep the mail out again; *Not spam* asks no step that was left out.

Every one is one conditional UPDATE: of two people who act at once one is told that it is done. All are audited.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.inbound.policy import STEPS
from ticketing.inbound.policy.orders import NEVER_LEFT_OUT
from ticketing.models import MailOrder, Ticket

DECIDABLE = (Outcome.HELD, Outcome.LOOP)  # waits, for as long as it takes, until somebody looks at it
KEPT_OUT = (Outcome.HELD, Outcome.IGNORED, Outcome.REJECTED, Outcome.LOOP)
JOINABLE = (*KEPT_OUT, Outcome.DUPLICATE)
_STEP_NAMES = frozenset(step.__name__ for step in STEPS) - NEVER_LEFT_OUT


class NotKeptOut(DomainError):
    """The mail has another verdict by now, or is being decided, or its source is not kept."""

    code = "not_kept_out"

    def __init__(self) -> None:
        super().__init__(_("This cannot be done with the message any more. Reload the log to see what became of it."))


def deciding_step(entry: RemoteMessage) -> str:
    """The step that kept the mail out and that can be left out; "" when there is none."""
    names = [name for name in entry.trace if isinstance(name, str) and name in _STEP_NAMES]
    asked = [name for name in entry.trace if isinstance(name, str) and ":" not in name]
    return names[-1] if names and asked[-1] == names[-1] else ""


def can_release(entry: RemoteMessage) -> bool:
    """True if `release` would let it in. The entry has its raw."""
    return entry.outcome in KEPT_OUT and _has_source(entry) and bool(deciding_step(entry))


def can_join(entry: RemoteMessage) -> bool:
    """True if `join` would put it into a ticket. The entry has its raw."""
    return entry.outcome in JOINABLE and _has_source(entry) and entry.reason_code != Reason.CHECK_MAIL


def release(entry: RemoteMessage, *, actor: Membership) -> None:
    """The mail is due again and is decided without the step that kept it out. Raises NotKeptOut."""
    step = deciding_step(entry)
    if not step:
        raise NotKeptOut
    with transaction.atomic():
        order = _order(entry, actor=actor)
        order.skips = sorted({*order.skips, step})
        order.save()
        _decide_again(entry, among=KEPT_OUT)
        _record("mail.released", entry, actor=actor)


def join(entry: RemoteMessage, *, ticket: Ticket, actor: Membership) -> None:
    """The mail is due again and goes into the ticket, whatever the settings say. Raises NotKeptOut."""
    if not can_join(entry):
        raise NotKeptOut
    with transaction.atomic():
        order = _order(entry, actor=actor)
        order.ticket, order.skips = ticket, []
        order.save()
        _decide_again(entry, among=JOINABLE)
        _record("mail.joined", entry, actor=actor, changes={"ticket": (None, f"#{ticket.number}")})


@transaction.atomic
def discard(entry: RemoteMessage, *, actor: Membership | None) -> None:
    """The mail that waits is ignored, and the log says who did that; None: the setting. Raises NotKeptOut."""
    rows = RemoteMessage.objects.filter(raw_id=entry.raw_id, outcome__in=DECIDABLE)
    held = {"reason": entry.reason_code, "data": entry.reason_data}
    changed = rows.update(
        outcome=Outcome.IGNORED,
        reason_code=Reason.DISCARDED,
        reason_data={"by": str(actor) if actor else "", "held": held},
        decided_at=clock.now(),
    )
    if not changed:
        raise NotKeptOut
    _record("mail.discarded", entry, actor=actor)


def _order(entry: RemoteMessage, *, actor: Membership) -> MailOrder:
    """The order about this mail, a new one if there is none; not saved as it stands."""
    if entry.raw_id is None:
        raise NotKeptOut
    found = MailOrder.objects.filter(raw_id=entry.raw_id).first()
    order: MailOrder = found or MailOrder(raw_id=entry.raw_id)
    order.member, order.by_name, order.given_at, order.ticket = actor, str(actor)[:200], clock.now(), None
    return order


def _decide_again(entry: RemoteMessage, *, among: tuple[Outcome, ...]) -> None:
    rows: QuerySet[RemoteMessage] = RemoteMessage.objects.filter(raw_id=entry.raw_id, outcome__in=among)
    decided = RawMessage.objects.filter(id=entry.raw_id, state=RawState.DONE, id__in=rows.values("raw_id"))
    if not decided.exclude(storage_key="").update(state=RawState.PENDING, processed_at=None):
        raise NotKeptOut
    rows.update(outcome=Outcome.PENDING, reason_code="", reason_data={}, trace=[], ticket_id=None, decided_at=None)
    work.enqueue(WorkKind.PROCESS, organization_id=required_organization_id(), row_id=entry.raw_id or 0)
    drains.wake(WorkKind.PROCESS)


def _record(
    action: str, entry: RemoteMessage, *, actor: Membership | None, changes: audit.Changes | None = None
) -> None:
    label = entry.subject or entry.sender or f"{entry.pk}"
    origin: audit.Origin = "web" if actor else "worker"
    audit.record(action, target=entry, actor=actor, label=label, changes=changes, origin=origin)


def _has_source(entry: RemoteMessage) -> bool:
    return entry.raw is not None and bool(entry.raw.storage_key) and entry.raw.state == RawState.DONE
