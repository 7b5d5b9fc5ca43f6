"""Rules: what is done with a mail that became part of a ticket. Conditions and actions are kept as JSON.

`ticketing/inbound/rules/` compiles and runs them; `services/rules/` writes them.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership, Team
from helpdesk.tenancy.models import TenantModel


class AppliesTo(models.TextChoices):
    """Which mail a rule looks at."""

    NEW = "new", _("opens a ticket")
    ANSWERS = "answers", _("answers a ticket")
    BOTH = "both", _("opens or answers a ticket")


class Look(models.TextChoices):
    """What a condition looks at."""

    SUBJECT = "subject", _("Subject")
    BODY = "body", _("Body")
    SENDER = "sender", _("From")
    SENDER_NAME = "sender_name", _("Name in From")
    DOMAIN = "domain", _("Domain of From")
    RECIPIENT = "recipient", _("To or Cc")
    MAILBOX = "mailbox", _("Mailbox")
    HEADER = "header", _("Header")
    HAS_FILES = "has_files", _("Attachment")
    FILE_NAME = "file_name", _("Attachment name")
    FILE_TYPE = "file_type", _("Attachment type")
    SIZE = "size", _("Size")
    LANGUAGE = "language", _("Language")
    SPAM = "spam", _("Spam status")
    TRUST = "trust", _("Trust in the sender")
    COMPANY = "company", _("Requester's company")
    HOURS = "hours", _("Business hours")


class Compare(models.TextChoices):
    """How it is held against the values."""

    CONTAINS = "contains", _("contains")
    IS = "is", _("is")
    STARTS = "starts", _("starts with")
    MATCHES = "matches", _("matches pattern")
    THERE = "there", _("is there")
    OVER = "over", _("is over")


class Joined(models.TextChoices):
    """How the parts of a group are joined."""

    ALL = "all", _("all of these")
    ANY = "any", _("any of these")
    NONE = "none", _("none of these")


class Act(models.TextChoices):
    """What an action does."""

    TEAM = "team", _("Set team")
    ASSIGN = "assign", _("Assign to")
    ASSIGN_TURN = "assign_turn", _("Assign in turn, in team")
    ASSIGN_LEAST = "assign_least", _("Assign to the least busy, in team")
    CATEGORY = "category", _("Set category")
    PRIORITY = "priority", _("Set priority")
    STATUS = "status", _("Set status")
    ADD_TAG = "add_tag", _("Add tag")
    REMOVE_TAG = "remove_tag", _("Remove tag")
    FIELD = "field", _("Set field")
    NOTE = "note", _("Write a note")
    NO_ACKNOWLEDGEMENT = "no_ack", _("Send no acknowledgement")
    CANNED = "canned", _("Send canned reply")
    PARTICIPANT = "participant", _("Add to Cc of answers")
    ALSO_OPEN = "also_open", _("Also open a ticket for team")
    STOP = "stop", _("Stop: no rule below is asked")


class Rule(TenantModel):
    """One rule; they are asked in the order of `place`, then `id`."""

    name = models.CharField(_("name"), max_length=80)
    place = models.PositiveIntegerField()
    is_active = models.BooleanField(default=True)
    applies_to = models.CharField(max_length=8, choices=AppliesTo, default=AppliesTo.NEW)
    conditions = models.JSONField(default=dict)  # a group, as `inbound/rules/written.py` reads it
    actions = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)  # rises with each change of what it says
    switched_at = models.DateTimeField(null=True)  # on or off, last
    deleted_at = models.DateTimeField(null=True)  # histories name it still, and it can come back

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "place"], name="rule_order")]

    def __str__(self) -> str:
        return self.name


class RuleVersion(TenantModel):
    """What a rule said from one moment on; append-only."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    applies_to = models.CharField(max_length=8, choices=AppliesTo)
    conditions = models.JSONField()
    actions = models.JSONField()
    restores = models.PositiveIntegerField(null=True)  # the number of the version that it brought back
    by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "rule", "number"], name="rule_version_once")]


class RuleDay(TenantModel):
    """How often a rule matched on one day (UTC). Written while the organization's counters are held anyway."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    hits = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "rule", "day"], name="rule_day_once")]


class TeamTurn(TenantModel):
    """Whom rules gave a ticket of the team last, in turn."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "team"], name="team_turn_once")]


class RuleTrial(TenantModel):
    """A rule, as it stood in somebody's form, held against past mail by a worker. Nothing but this row is written."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, null=True, related_name="+")  # None: not saved yet
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")  # whose form it is
    name = models.CharField(max_length=80, blank=True)
    applies_to = models.CharField(max_length=8, choices=AppliesTo)
    conditions = models.JSONField()
    actions = models.JSONField()
    message_ids = models.JSONField(null=True)  # what is looked at, the newest first; None until a worker has chosen
    looked_at = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)  # of them: their originals are not kept any more
    found = models.JSONField(default=list)  # an object for each mail that matched
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "membership", "rule"], name="rule_trial_once"),
            models.UniqueConstraint(
                fields=["organization", "membership"], condition=models.Q(rule=None), name="rule_trial_of_new_once"
            ),
        ]
