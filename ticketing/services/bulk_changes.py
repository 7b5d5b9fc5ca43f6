"""Beginning, extending, stopping, taking back and putting away the change of all tickets of a view; `bulk_work` makes
it.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Category, Company, Membership, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters, drains, work
from helpdesk.tenancy.models import WorkKind
from ticketing.models import BulkChange, BulkState
from ticketing.queries.search import MAX_FOUND, find_tickets
from ticketing.queries.tickets import View, tickets_of
from ticketing.services.history import By
from ticketing.services.posted_changes import CHANGES, OF_MANY
from ticketing.services.posted_fields import field_words


class BulkRefused(DomainError):
    """The change does not begin; the sentence says why."""


@transaction.atomic
def start_bulk_change(*, what: str, value: str, view: View, words: str, actor: Membership) -> BulkChange:
    """A worker changes every ticket that the view (with words: what their search finds in it) holds now.

    Raises ValueError or KeyError for a value that is no choice, ChangeRefused as the change of one ticket does, and
    BulkRefused when a change of the actor is under way: the next one would not find its tickets as they were.
    """
    if what not in OF_MANY:
        raise KeyError(what)
    _refuse_another(actor)
    CHANGES[what]([], value, By(actor=actor))
    found: Sequence[int] | None = None
    if words:
        among = tickets_of(view, actor=actor)
        found = list(find_tickets(words, among=among).values_list("pk", flat=True)[: MAX_FOUND + 1])
    change: BulkChange = BulkChange.objects.create(
        membership=actor,
        what=what,
        value=value,
        value_name=_name(what, value, actor),
        view=view.slug,
        ticket_ids=found,
        upto_position=counters.take().event_position,
        started_at=clock.now(),
    )
    _hand_over(change)
    return change


@transaction.atomic
def start_with_left(change: BulkChange, *, actor: Membership) -> BulkChange | None:
    """The tickets that the ended change left alone, because others changed them meanwhile, get it, too.

    As they are now; what is changed again before its turn is left alone again. None if there are none (any more).
    Raises ChangeRefused and BulkRefused as `start_bulk_change`.
    """
    current = _own(change, actor=actor)
    if not current.left or current.undoes_id:
        return None
    _refuse_another(actor)
    CHANGES[current.what]([], current.value, By(actor=actor))
    more: BulkChange = BulkChange.objects.create(
        membership=actor,
        what=current.what,
        value=current.value,
        value_name=current.value_name,
        view=current.view,
        ticket_ids=current.left_ids,
        upto_position=counters.take().event_position,
        started_at=clock.now(),
    )
    current.left_ids = []
    current.save(update_fields=["left_ids"])
    _hand_over(more)
    return more


@transaction.atomic
def start_undoing(change: BulkChange, *, actor: Membership) -> BulkChange | None:
    """A worker takes the change back, where nobody has decided since; None if that is under way or cannot be.

    The ended change is put away: its undoing stands in its place. Raises BulkRefused as `start_bulk_change`.
    """
    current = _own(change, actor=actor)
    if current.state == BulkState.RUNNING or not current.changed or current.undoes_id or current.undone_by.exists():
        return None
    _refuse_another(actor)
    undoing: BulkChange = BulkChange.objects.create(
        membership=actor,
        what=current.what,
        value=current.value,
        value_name=current.value_name,
        view=current.view,
        undoes=current,
        total=current.changed,
        upto_position=current.last_position,
        reached_id=current.first_position - 1,
        started_at=clock.now(),
    )
    dismiss_bulk_change(current, actor=actor)
    _hand_over(undoing)
    return undoing


@transaction.atomic
def stop_bulk_change(change: BulkChange, *, actor: Membership) -> None:
    """The change goes no further; what it has done stays, and can be taken back."""
    current = _own(change, actor=actor)
    if current.state == BulkState.RUNNING:
        current.state, current.ended_at = BulkState.STOPPED, clock.now()
        current.save(update_fields=["state", "ended_at"])


def dismiss_bulk_change(change: BulkChange, *, actor: Membership) -> None:
    """The ended change is not shown any more."""
    ended = BulkChange.objects.filter(pk=change.pk, membership=actor).exclude(state=BulkState.RUNNING)
    ended.update(dismissed_at=clock.now())


def _own(change: BulkChange, *, actor: Membership) -> BulkChange:
    """The row as it is now, locked where the database can: a worker is at it for one batch at a time."""
    row: BulkChange = BulkChange.objects.select_for_update().get(pk=change.pk, membership=actor)
    return row


def _refuse_another(actor: Membership) -> None:
    if BulkChange.objects.filter(membership=actor, dismissed_at=None, state=BulkState.RUNNING).exists():
        sentence = _("Your last change of many tickets is still under way. Wait until it is done, or stop it.")
        raise BulkRefused(sentence, code="bulk_change_runs")


def _hand_over(change: BulkChange) -> None:
    work.enqueue(WorkKind.BULK_CHANGE, organization_id=change.organization_id, row_id=change.pk)
    drains.wake(WorkKind.BULK_CHANGE)


def _name(what: str, value: str, actor: Membership) -> str:
    """The name of what tickets are given to: it may be another one when somebody reads it."""
    if what == "assignment":
        member = actor if value == "me" else Membership.objects.filter(pk=int(value)).first() if value else None
        return str(member)[:200] if member else ""
    if what == "category":
        category = Category.objects.filter(pk=int(value)).first() if value else None
        return category.path[:200] if category else ""
    if what == "company":
        company = Company.objects.filter(pk=int(value)).first() if value else None
        return company.name if company else ""
    if what == "team":
        team = Team.objects.filter(pk=int(value)).first() if value else None
        return str(team)[:200] if team else ""
    if what == "field":
        label, shown = field_words(value)
        return f"{label}: {shown or _('Not set')}"[:200]
    return " ".join(value.split()) if what == "tag" else ""
