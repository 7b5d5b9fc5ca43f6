"""How much mail waits for a person, as its owners see it in the rail."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership
from helpdesk.web.counts import BoundedCount, prepared_counts
from mailboxes.models import Outcome, RemoteMessage

WAITING = (Outcome.HELD, Outcome.FAILED)


def waiting_counts(actor: Membership) -> Sequence[BoundedCount]:
    """Of each of WAITING: of every mailbox for who manages them, else of those whose tickets go to a team of theirs.

    One query, inside the scope. The actor may see the log.
    """
    if can(actor, Capability.MANAGE_CHANNELS):
        return _OF_ALL.rows()
    return _OF_TEAMS.rows(membership_id=actor.pk)


def _rows(outcome: Outcome) -> QuerySet[RemoteMessage]:
    return RemoteMessage.objects.filter(outcome=outcome, resighting_of=None).order_by("-seen_at")


def _of_teams(membership_id: int) -> Sequence[QuerySet[RemoteMessage]]:
    return [_rows(outcome).filter(mailbox__team__places__membership_id=membership_id) for outcome in WAITING]


_OF_ALL = prepared_counts(lambda: [_rows(outcome) for outcome in WAITING])
_OF_TEAMS = prepared_counts(_of_teams)
