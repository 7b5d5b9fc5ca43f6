"""Loop protection: how much mail is ordinary, and what was stopped because it was more."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel


class FloodScope(models.TextChoices):
    """What is counted together."""

    SENDER = "sender", _("Mail of one sender")
    PAIR = "pair", _("Mail of one sender to one mailbox")
    EQUAL = "equal", _("The same text of one sender")
    MAILBOX = "mailbox", _("New tickets of one mailbox")
    INSTALLATION = "installation", _("Mail of one sender to everybody here")
    STRANGERS = "strangers", _("Mail of unknown senders to everybody here")


class LoopLimits(TenantModel):
    """How much one organization takes within the window; the defaults are what holds where nothing was ever set."""

    window_minutes = models.PositiveSmallIntegerField(default=60)
    per_sender = models.PositiveIntegerField(default=500)
    per_pair = models.PositiveIntegerField(default=400)
    equal = models.PositiveIntegerField(default=100)
    per_mailbox = models.PositiveIntegerField(default=1000)
    answers_per_mailbox = models.PositiveIntegerField(default=300)
    hold_hours = models.PositiveSmallIntegerField(default=24)  # how long mail is stopped that nobody lets in again
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="loop_limits_once")]


class Breaker(TenantModel):
    """Mail that was more than is ordinary is stopped until somebody lets it in again, or until a moment."""

    scope = models.CharField(max_length=12, choices=FloodScope)
    key = models.CharField(max_length=360)  # the sender, with the mailbox for a pair; the id of a mailbox
    count = models.PositiveIntegerField()  # how many came within the window before it was stopped
    window_minutes = models.PositiveSmallIntegerField()
    stopped = models.PositiveIntegerField(default=0)  # mails so far
    tripped_at = models.DateTimeField()
    until = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True)
    resumed_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "scope", "key"],
                condition=models.Q(resumed_at=None),
                name="breaker_open_once",
            )
        ]
        indexes = [models.Index(fields=["organization", "-tripped_at"], name="breaker_newest")]

    def __str__(self) -> str:
        return self.key
