"""Automatic answers: what was to be said to the sender of a mail, whether it was, and what is set about that."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox, OutboxMessage, RawMessage
from ticketing.models.ticket import Ticket

# How many automatic answers one address gets where nothing was ever set.
MAX_ANSWERS = 10
WITHIN_HOURS = 24
MOST_HOURS = 720  # over which they are counted at most


class AnswerCause(models.TextChoices):
    """Why a mail is answered by itself."""

    ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
    NOT_WORKED = "not_worked", _("Notice that nobody works on mail to this address")
    SWITCHED_OFF = "switched_off", _("Notice that email to ticket is off")
    REFUSED = "refused", _("Notice that the mail was not accepted")
    TOO_LARGE = "too_large", _("Notice that the mail was too large")
    CANNED = "canned", _("Answer by a rule")


class AnswerState(models.TextChoices):
    """What became of an automatic answer."""

    DUE = "due", _("Due")
    QUEUED = "queued", _("In the outbox")  # which knows whether it arrived
    WITHHELD = "withheld", _("Withheld")


class AutomaticAnswer(TenantModel):
    """What a mail calls for by its outcome, once for each cause.  due ─▶ queued | withheld (with its reason)"""

    raw = models.ForeignKey(RawMessage, on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=16, choices=AnswerCause)
    cause_id = models.CharField(max_length=64, blank=True)  # of a canned answer: what the rule names
    recipient = models.CharField(max_length=320, blank=True)  # lower-cased
    budget_key = models.CharField(max_length=320, blank=True)  # the recipient without a tag: what budgets count by
    language = models.CharField(max_length=8, blank=True)  # of the mail, as far as it is known
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=AnswerState, default=AnswerState.DUE)
    reason_code = models.CharField(max_length=32, blank=True)  # answering.refusals.NoAnswer
    reason_data = models.JSONField(default=dict)  # what the reason's sentence names; no language
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    wished_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "raw", "cause", "cause_id"], name="automatic_answer_once")
        ]
        indexes = [
            models.Index(
                fields=["organization", "budget_key", "settled_at"],
                condition=models.Q(state="queued"),
                name="automatic_answer_budget",
            ),
            models.Index(
                fields=["organization", "settled_at"],
                condition=models.Q(state="queued"),
                name="automatic_answer_lately",
            ),
        ]


class AnswerPolicy(TenantModel):
    """Which mail of a mailbox is answered by itself; without a mailbox, of all that say nothing of their own."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, null=True, related_name="+")
    acknowledges = models.BooleanField(null=True)  # new tickets; None: as all mailboxes
    tells_not_worked = models.BooleanField(null=True)  # who writes to one that opens no tickets; None: the same
    tells_too_large = models.BooleanField(null=True)  # whose mail is larger than the mailbox takes; None: the same
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "mailbox"], name="answer_policy_of_mailbox_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(mailbox=None), name="answer_policy_of_all_once"
            ),
        ]


class TextKind(models.TextChoices):
    """What a text is for."""

    ACKNOWLEDGEMENT = "acknowledgement", _("Acknowledgement")
    OUTSIDE_HOURS = "outside_hours", _("Acknowledgement outside business hours")
    NOT_WORKED = "not_worked", _("Nobody works on mail to this address")
    SWITCHED_OFF = "switched_off", _("Email to ticket is off")
    REFUSED = "refused", _("The mail was not accepted")
    TOO_LARGE = "too_large", _("The mail was too large")


class AnswerText(TenantModel):
    """The words of an automatic answer, of one mailbox or of all that have none of their own, in one language."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=16, choices=TextKind)
    language = models.CharField(max_length=8, blank=True)  # ISO 639-1; "": any language without a text of its own
    subject = models.CharField(max_length=200)
    html = models.TextField()  # cleaned; with placeholders, which `answering.placeholders` fills
    version = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "mailbox", "kind", "language"], name="answer_text_of_mailbox_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "kind", "language"],
                condition=models.Q(mailbox=None),
                name="answer_text_of_all_once",
            ),
        ]


class AnswerLimits(TenantModel):
    """Who is never answered by itself, and how often anybody is. One row of an organization."""

    unanswered = models.JSONField(default=dict)  # by kind of a filter's entry: values, as `filter_entries` tidies them
    max_answers = models.PositiveSmallIntegerField(default=MAX_ANSWERS)  # to one address within the hours below
    within_hours = models.PositiveSmallIntegerField(default=WITHIN_HOURS)
    version = models.PositiveIntegerField(default=0)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="answer_limits_once")]
