"""TenantModel, the base of everything an organization owns, and the directories that lie outside any scope.

The directories hold what must be found before an organization is known: due work, hashes of tokens, and what `doctor`
counts. They carry ids, times and random keys of files only, never content.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models
from django_scopes import ScopeError

from helpdesk.tenancy.state import required_organization_id

M = TypeVar("M", bound="TenantModel")


class TenantManager(models.Manager[M]):
    """Every query sees the organization of the open scope; outside a scope it raises ScopeError."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(organization_id=required_organization_id())

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows = list(objs)
        for row in rows:
            row.claim_organization()
        return super().get_queryset().bulk_create(rows, *args, **kwargs)


class TenantModel(models.Model):
    """A row of one organization. It is written only inside that organization's scope.

    On PostgreSQL `helpdesk.tenancy.rls` puts a policy on the table and composite keys on its references.
    """

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+", editable=False, db_index=False
    )

    objects: models.Manager[Any] = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    def claim_organization(self) -> None:
        """The row belongs to the organization of the open scope.

        Raises ScopeError when it belongs to another one.
        """
        scoped_id = required_organization_id()
        own_id: int | None = self.organization_id  # None until it is set, whatever the stubs say
        if own_id is None:
            self.organization_id = scoped_id
        elif own_id != scoped_id:
            raise ScopeError("This row belongs to another organization than the open scope.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim_organization()
        super().save(*args, **kwargs)


class WorkKind(models.TextChoices):
    """What a work item asks for."""

    POLL = "poll"
    PROCESS = "process"
    ANSWER = "answer"  # what a mail's sender is told by itself
    FORWARD = "forward"  # a discarded mail goes on to somebody
    DELIVER = "deliver"
    FILE_SENT = "file_sent"
    ACKNOWLEDGE = "acknowledge"
    NOTIFY = "notify"
    SWEEP_FILES = "sweep_files"
    BULK_CHANGE = "bulk_change"
    LOG_BATCH = "log_batch"  # something is done with many messages of the inbound log
    PRUNE = "prune"  # sources of mail go once their time is over
    DEVICE_CODE = "device_code"
    FORECAST = "forecast"
    SUBSCRIBE = "subscribe"
    END_TRACE = "end_trace"
    FOLLOW = "follow"  # an organization's new events become deliveries of its webhooks
    WEBHOOK = "webhook"  # one delivery
    ACCEPT = "accept"  # a call of another system is kept, and not applied yet
    BRING_OVER = "bring_over"  # open tickets from before a webhook become its deliveries
    RULE_TRIAL = "rule_trial"  # a rule is held against past mail
    DRY_RUN = "dry_run"  # past mail of a mailbox is decided about as it would be now
    INDEX_FIELDS = "index_fields"  # tickets of before an upgrade are found by their fields
    TEACH = "teach"  # the operator's spam daemon is told what a mail was marked as
    INDEX = "index"  # a message that search could not take is tried again
    WATCH = "watch"  # never due: it says that a mailbox is to be listened to


class WorkItem(models.Model):
    """Something that is due for one row of one organization, and the lease of who is at it.

    free ──claim──▶ leased (generation + 1, attempts + 1, due_at = end of the lease)
    leased ──finish──▶ gone or due again, only while the generation is still ours
    leased ──lease runs out──▶ free
    leased ──handler broke──▶ free, due after a pause that grows; `broke_*` say why, since when and how often
    `set_at` is when due_at was written: a row set in the future betrays a clock that was turned back.
    """

    kind = models.CharField(max_length=16, choices=WorkKind)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    row_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    set_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    generation = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)  # since the last success
    succeeded_at = models.DateTimeField(null=True)
    broke_times = models.PositiveIntegerField(default=0)  # in a row: its handler ended in an error nobody expected
    broke_since = models.DateTimeField(null=True)
    broke_cause = models.CharField(max_length=200, blank=True, default="")  # kind and place of the error, no content

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "organization", "row_id"], name="work_item_once"),
        ]
        indexes = [
            models.Index(fields=["kind", "due_at"], name="work_item_due"),
            models.Index(fields=["kind", "organization", "due_at"], name="work_item_fair"),
            models.Index(fields=["set_at"], name="work_item_set"),
            models.Index(fields=["broke_since"], name="work_item_broke", condition=models.Q(broke_times__gt=0)),
        ]


class FileSweep(models.Model):
    """How far the files of one organization were looked through for those that no row points to."""

    organization = models.OneToOneField("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField()  # this round; every file is looked at once in a round
    upto = models.CharField(max_length=10, blank=True)  # the day, as 2026-11-26, whose folders were looked through last
    held = models.PositiveIntegerField(default=0)  # not marked in this round: too many at once to be a crash's
    accepted_upto = models.CharField(
        max_length=10, blank=True
    )  # many may be marked of days up to this: a person said so
    trouble = models.CharField(max_length=200, blank=True)  # why the storage could not be looked through


class StrayFile(models.Model):
    """A file in storage that no row pointed to when it was seen; after a grace it is looked at again, and removed."""

    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    key = models.CharField(max_length=220, unique=True)
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organization", "seen_at"], name="stray_file_due")]


class TokenPurpose(models.TextChoices):
    """What a token opens."""

    INVITATION = "invitation"
    PUSH = "push"  # a mailbox: mail is posted to it
    NOTIFICATION = "notification"  # a mailbox: its provider calls when there is new mail
    FORWARDING = "forwarding"  # a mailbox: the local part of its address on our mail domain
    API = "api"  # a token of an integration: programs speak for it
    WEBHOOK = "webhook"  # an integration: another system calls with its changes


class TokenEntry(models.Model):
    """Where a secret link leads: the SHA-256 of its token, the organization and the row. The token is nowhere."""

    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16, choices=TokenPurpose)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="+")
    row_id = models.BigIntegerField()
    expires_at = models.DateTimeField()


class FloodCount(models.Model):
    """How many mails of the senders in one bucket were taken in this hour, in all organizations together.

    The bucket is a keyed hash, cut short: it names nobody, and the table cannot grow beyond its number of buckets.
    """

    bucket = models.IntegerField(primary_key=True)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()


class Installation(models.Model):
    """The one row about this installation (id 1)."""

    first_run_done_at = models.DateTimeField(null=True)
    outbox_epoch = models.IntegerField(default=1)  # raised after a restore: what was unsent before is `unknown`
