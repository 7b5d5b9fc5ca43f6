"""What is done with many messages of the log: the few that were picked at once, all that match by a worker.

A turn is one transaction with how far it came: killed anywhere it goes on behind the last committed turn. What is no
such message any more by its turn, or refuses, is left as it is and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import can
from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock, faults
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.counts import bounded_count
from mailboxes.models import RemoteMessage
from ticketing.models import BulkState, LogBatch
from ticketing.models.log_batch import COUNTED, counted
from ticketing.queries.inbound_log import log_rows
from ticketing.queries.log_filter import fixed, log_filter
from ticketing.services.log_actions import ACTIONS, LogAction

AT_ONCE = 100  # picked messages
BATCH = 25
LEASE_S = 120.0


@dataclass(frozen=True)
class Tally:
    """What came of it."""

    done: int
    kept: int = 0
    why_kept: str = ""  # the last sentence


class BatchRefused(DomainError):
    """It does not begin."""


def act_on(entries: Iterable[RemoteMessage], *, what: str, actor: Membership, typed: str = "") -> Tally:
    """It is done with each that lets it; each by itself. Inside the scope. The actor may do it.

    typed: what a person wrote for it. Raises DomainError where that is nothing.
    """
    action, tally = ACTIONS[what], Tally(0)
    _check(action, typed, actor=actor)
    for entry in entries:
        sentence = _tried(entry, action, actor=actor, typed=typed)
        if sentence:
            tally = replace(tally, kept=tally.kept + 1, why_kept=sentence)
        else:
            tally = replace(tally, done=tally.done + 1)
    return tally


@transaction.atomic
def start_batch(*, what: str, wanted: Mapping[str, str], actor: Membership, typed: str = "") -> LogBatch:
    """A worker does it with everything that matches now. The actor may do it. It is audited.

    wanted: as the address has it; typed: as of `act_on`. Raises BatchRefused: batch_runs, nothing_matches, too_many;
    DomainError where what was typed is nothing.
    """
    action = ACTIONS[what]
    _check(action, typed, actor=actor)
    if LogBatch.objects.filter(membership=actor, state=BulkState.RUNNING).exists():
        sentence = _("What you began last with many messages is still under way. Wait until it is done, or stop it.")
        raise BatchRefused(sentence, code="batch_runs")
    asked = fixed(wanted)
    total = bounded_count(_matching(what, asked), limit=COUNTED + 1).number
    newest = RemoteMessage.objects.order_by("-id").values_list("id", flat=True).first()
    if not total or newest is None:
        raise BatchRefused(_("There is no message that this can be done with."), code="nothing_matches")
    if action.most is not None and total > action.most:
        sentence = _("These are %(n)s messages. Narrow down what is shown to at most %(most)s.")
        raise BatchRefused(sentence % {"n": counted(total), "most": f"{action.most:,}"}, code="too_many")
    batch: LogBatch = LogBatch.objects.create(
        membership=actor, what=what, typed=typed, wanted=asked, total=total, upto_id=newest, started_at=clock.now()
    )
    changes = {"messages": (None, batch.number)} | ({"ticket": (None, f"#{typed}")} if typed else {})
    audit.record("log_batch.started", target=batch, actor=actor, changes=changes, label=str(action.many))
    work.enqueue(WorkKind.LOG_BATCH, organization_id=batch.organization_id, row_id=batch.pk)
    drains.wake(WorkKind.LOG_BATCH)
    return batch


@transaction.atomic
def stop_batch(batch: LogBatch, *, actor: Membership) -> None:
    """It goes no further; what is done stays."""
    running = LogBatch.objects.filter(pk=batch.pk, membership=actor, state=BulkState.RUNNING)
    running.update(state=BulkState.STOPPED, ended_at=clock.now())


def dismiss_batch(batch: LogBatch, *, actor: Membership) -> None:
    """The ended one is not shown any more."""
    ended = LogBatch.objects.filter(pk=batch.pk, membership=actor).exclude(state=BulkState.RUNNING)
    ended.update(dismissed_at=clock.now())


def handle(claim: work.Claim) -> None:
    """The next few messages are dealt with, and the rest is due at once; or the batch has ended."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        rows = LogBatch.objects.select_for_update(of=("self",)).select_related("membership__user")
        batch = rows.filter(pk=claim.row_id, state=BulkState.RUNNING).first()
        if batch is not None:
            _go_on(batch)
            batch.save()
        faults.point("logbatch.acted")
        if batch is None or batch.state != BulkState.RUNNING:
            work.finish(claim)
        else:
            work.reschedule(claim, due_at=clock.now(), succeeded=True)
    faults.point("logbatch.committed")


def _go_on(batch: LogBatch) -> None:
    if not can(batch.membership, ACTIONS[batch.what].capability):
        batch.state, batch.ended_at = BulkState.REFUSED, clock.now()
        return
    rows = _matching(batch.what, batch.wanted).filter(id__gt=batch.reached_id, id__lte=batch.upto_id)
    entries = list(rows.order_by("id")[:BATCH])
    tally = _tally(batch, entries)
    batch.done += tally.done
    batch.kept += tally.kept
    batch.why_kept = (tally.why_kept or batch.why_kept)[:300]
    if entries:
        batch.reached_id = entries[-1].pk
    if len(entries) < BATCH:
        batch.state, batch.ended_at = BulkState.DONE, clock.now()


def _tally(batch: LogBatch, entries: Sequence[RemoteMessage]) -> Tally:
    """What came of the turn; a ticket that is gone meanwhile leaves all of it as it was."""
    try:
        return act_on(entries, what=batch.what, actor=batch.membership, typed=batch.typed)
    except DomainError as refused:
        return Tally(0, len(entries), refused.sentence)


def _check(action: LogAction, typed: str, *, actor: Membership) -> None:
    if action.check is not None:
        action.check(typed, actor)


def _matching(what: str, wanted: Mapping[str, str]) -> QuerySet[RemoteMessage]:
    """The messages that the filter leaves, as far as the action is for them."""
    return log_rows(log_filter(wanted)).filter(outcome__in=ACTIONS[what].outcomes)


def _tried(entry: RemoteMessage, action: LogAction, *, actor: Membership, typed: str) -> str:
    """Why it could not be done; "" when it was."""
    try:
        with transaction.atomic():
            action.run(entry, actor, typed)
    except DomainError as refused:
        return refused.sentence
    return ""
