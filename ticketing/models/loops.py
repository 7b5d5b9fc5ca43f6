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
    # Automatic answers: what goes out rather than what comes in.
    ANSWERS = "answers", _("Automatic answers to one address")
    ANSWERS_PAIR = "answers_pair", _("Automatic answers of one mailbox to one address")
    ANSWERS_MAILBOX = "answers_box", _("Automatic answers of one mailbox")
    ANSWERS_HERE = "answers_here", _("Automatic answers of everybody here to one address")

    @property
    def is_of_answers(self) -> bool:
        """True for what goes out by itself."""
        return self in _OF_ANSWERS

    @property
    def is_of_mailbox(self) -> bool:
        """True for what is counted of one mailbox, whoever writes."""
        return self in (FloodScope.MAILBOX, FloodScope.ANSWERS_MAILBOX)

    @property
    def is_by_hour(self) -> bool:
        """True for what the installation counts, by the hour."""
        return self in (FloodScope.INSTALLATION, FloodScope.STRANGERS, FloodScope.ANSWERS_HERE)


_OF_ANSWERS = (
    FloodScope.ANSWERS,
    FloodScope.ANSWERS_PAIR,
    FloodScope.ANSWERS_MAILBOX,
    FloodScope.ANSWERS_HERE,
)


# How much is ordinary where nothing was ever set.
WINDOW_MINUTES = 60
PER_SENDER = 500
PER_PAIR = 400
EQUAL = 100
PER_MAILBOX = 1000
ANSWERS_PER_MAILBOX = 300
ANSWERS_PER_PAIR = 8
HOLD_HOURS = 24  # how long mail is stopped that nobody lets in again


class LoopLimits(TenantModel):
    """How much one organization takes within the window; the defaults are what holds where nothing was ever set."""

    window_minutes = models.PositiveSmallIntegerField(default=WINDOW_MINUTES)
    per_sender = models.PositiveIntegerField(default=PER_SENDER)
    per_pair = models.PositiveIntegerField(default=PER_PAIR)
    equal = models.PositiveIntegerField(default=EQUAL)
    per_mailbox = models.PositiveIntegerField(default=PER_MAILBOX)
    answers_per_mailbox = models.PositiveIntegerField(default=ANSWERS_PER_MAILBOX)
    answers_per_pair = models.PositiveIntegerField(default=ANSWERS_PER_PAIR)
    hold_hours = models.PositiveSmallIntegerField(default=HOLD_HOURS)
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="loop_limits_once")]


class Breaker(TenantModel):
    """What was more than is ordinary is stopped until somebody lets it go on, or until a moment: mail, or answers."""

    scope = models.CharField(max_length=12, choices=FloodScope)
    key = models.CharField(max_length=360)  # the sender or recipient, with the mailbox for a pair; the id of a mailbox
    count = models.PositiveIntegerField()  # how many there were within the window before it was stopped
    window_minutes = models.PositiveIntegerField()
    stopped = models.PositiveIntegerField(default=0)  # mails or answers so far
    touched = models.JSONField(default=list)  # ids of the last tickets that these stand on, the newest first
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
