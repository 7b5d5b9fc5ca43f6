"""Warnings before something ends: 30, 7 and 1 days, each once. Standing work of every organization.

    looked at every REST_S ─▶ step passed that was not told ─▶ audit trail, mail due, ExpiryWarning: one transaction
                          └▶ far again, or gone: the warning is forgotten

A secret that was replaced moves its end by more than SLACK_DAYS, and is told of anew when that comes near. The same end
that is farther than it was when it was told betrays a clock that ran ahead: the step is taken back without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from helpdesk.lib import clock, faults
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.deadlines import Deadline, deadlines_of
from mailboxes.models import Connection, ExpiryWarning, Mailbox
from mailboxes.services.liveness.telling import EXPIRY, tell_admins
from mailboxes.services.sending.outgoing_servers import default_server

LEASE_S = 300.0
REST_S = 6 * 3600.0
SLACK_DAYS = 2  # less is a clock that was set, or another time zone of the one who entered the day
_MAX_LABEL = 200

_Key = tuple[str, str]


@dataclass
class _End:
    """One end, and whom it concerns."""

    deadline: Deadline
    connection: Connection
    names: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return ", ".join(self.names)[:_MAX_LABEL]


def handle(claim: work.Claim) -> None:
    """Every warning that is due was given, and the next look is due. Raises LeaseLost."""
    today = clock.now().date()
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        ends = _ends(today)
        warnings = {(warning.kind, str(warning.subject_id)): warning for warning in ExpiryWarning.objects.all()}
        for key, end in ends.items():
            _look_at(end, warnings.get(key), today=today)
        _forget(warnings, kept=ends)
        faults.point("forecast.told")
        work.reschedule(claim, due_at=clock.in_seconds(REST_S), succeeded=True)


def _ends(today: date) -> dict[_Key, _End]:
    ends: dict[_Key, _End] = {}
    mailboxes = Mailbox.objects.filter(deleted_at=None, is_draft=False)
    mailboxes = mailboxes.select_related("connection__grant", "outgoing__login_of__grant")
    default = default_server()
    for mailbox in mailboxes.order_by("name", "id"):
        for deadline in deadlines_of(mailbox, server=mailbox.outgoing or default, today=today):
            key = (deadline.kind.value, str(deadline.subject_id))
            ends.setdefault(key, _End(deadline, mailbox.connection)).names.append(" ".join(mailbox.name.split()))
    return ends


def _look_at(end: _End, warning: ExpiryWarning | None, *, today: date) -> None:
    deadline = end.deadline
    step, left = deadline.step(today), deadline.days_left(today)
    if warning is not None and left > warning.told_days + SLACK_DAYS:
        is_same = warning.ends_on == deadline.ends_on
        if step is None or not is_same:
            warning.delete()
            warning = None
        else:
            _note(warning, end, step)
    if step is None or (warning is not None and warning.told_days <= step):
        return
    _note(warning or ExpiryWarning(kind=deadline.kind.value, subject_id=deadline.subject_id), end, step)
    changes = {"kind": ("", deadline.kind.value), "ends_on": ("", deadline.ends_on.isoformat()), "days": ("", left)}
    tell_admins(EXPIRY, target=end.connection, changes=changes, label=end.label)


def _note(warning: ExpiryWarning, end: _End, step: int) -> None:
    warning.told_days, warning.ends_on, warning.label = step, end.deadline.ends_on, end.label
    warning.save()


def _forget(warnings: Mapping[_Key, ExpiryWarning], *, kept: Iterable[_Key]) -> None:
    gone = [warning.pk for key, warning in warnings.items() if key not in set(kept)]
    ExpiryWarning.objects.filter(pk__in=gone).delete()
