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


# How much is ordinary where nothing was ever set.
WINDOW_MINUTES = 60
PER_SENDER = 500
PER_PAIR = 400
EQUAL = 100
PER_MAILBOX = 1000
ANSWERS_PER_MAILBOX = 300
HOLD_HOURS = 24  # how long mail is stopped that nobody lets in again


class LoopLimits(TenantModel):
    """How much one organization takes within the window; the defaults are what holds where nothing was ever set."""

    window_minutes = models.PositiveSmallIntegerField(default=WINDOW_MINUTES)
    per_sender = models.PositiveIntegerField(default=PER_SENDER)
    per_pair = models.PositiveIntegerField(default=PER_PAIR)
    equal = models.PositiveIntegerField(default=EQUAL)
    per_mailbox = models.PositiveIntegerField(default=PER_MAILBOX)
    answers_per_mailbox = models.PositiveIntegerField(default=ANSWERS_PER_MAILBOX)
    hold_hours = models.PositiveSmallIntegerField(default=HOLD_HOURS)
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
