"""A change of all tickets of a view, made by a worker a hundred at a time.

running ─▶ done; running ─▶ stopped (its agent said so); running ─▶ refused (it cannot go on, `refusal` says why).
"""

from __future__ import annotations

from django.db import models

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel


class BulkState(models.TextChoices):
    """How far a bulk change is."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    REFUSED = "refused"


class BulkRefusal(models.TextChoices):
    """Why a bulk change could not go on."""

    NO_RIGHT = "no_right"  # its agent may not change tickets any more
    NO_VIEW = "no_view"  # the view was of a team that is gone
    NO_VALUE = "no_value"  # the agent or team that tickets were to go to is not there any more


class BulkChange(TenantModel):
    """One such change, or the undoing of one.

    It concerns the tickets that were in the view when it began and to which nothing has happened since: `upto_position`
    is the event position of that moment. Its own events carry its id, so that they can be told from all others.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")  # whose change it is
    what = models.CharField(max_length=12)  # as in the address of a change
    value = models.TextField(blank=True)  # as it was posted; of a field as `posted_fields` writes it
    value_name = models.CharField(
        max_length=200, blank=True
    )  # of an agent, a team, …, a tag, or a field with its value
    view = models.CharField(max_length=64)
    ticket_ids = models.JSONField(null=True)  # of a search: what it found; None: the whole view
    # While it runs: what the view held at the beginning, unless that was too much to keep. At the end: those of them
    # that others changed meanwhile and that are in the view still, until they get the change, too.
    left_ids = models.JSONField(null=True)
    undoes = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="undone_by")
    state = models.CharField(max_length=8, choices=BulkState, default=BulkState.RUNNING)
    refusal = models.CharField(max_length=12, choices=BulkRefusal, blank=True)

    upto_position = models.BigIntegerField()
    reached_at = models.DateTimeField(null=True)  # with reached_id: the last ticket looked at, in the order of the list
    reached_id = models.BigIntegerField(default=0)  # of an undoing: the last event looked at, by position
    total = models.PositiveIntegerField(null=True)  # None until a worker has counted
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)  # it was so already
    kept = models.PositiveIntegerField(default=0)  # may not become that, or, when undoing, has been changed since
    first_position = models.BigIntegerField(default=0)  # of its events
    last_position = models.BigIntegerField(default=0)

    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)  # its agent has seen how it ended

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["organization", "membership", "-id"],
                condition=models.Q(dismissed_at=None),
                name="bulk_change_shown",
            )
        ]

    @property
    def looked_at(self) -> int:
        """How many tickets are dealt with."""
        return self.changed + self.unchanged + self.kept

    @property
    def elsewhere(self) -> int:
        """How many were changed by others before their turn came; known at the end."""
        return max(0, (self.total or 0) - self.looked_at) if self.state == BulkState.DONE else 0

    @property
    def left(self) -> int:
        """How many of those are in the view still, and have not got the change; known at the end."""
        return len(self.left_ids or ()) if self.state == BulkState.DONE else 0
