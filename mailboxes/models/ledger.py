"""The ledger of what servers showed us, and the bytes we keep.

RemoteMessage is one sighting: mailbox + source generation + folder + epoch + remote id, unique, with its verdict.
RawMessage is the bytes; several sightings may share one, and a sighting may have none (too large, no mail). History
that is ignored at set-up is an IgnoredRange, not a row for each.

RemoteMessage.outcome: pending ─▶ created, added, held, ignored, rejected, spam, loop, bounce, duplicate or failed
RawMessage.state:      pending ─▶ done | quarantined ─▶ pending (retried by a person)
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.stored_files import register_stored
from mailboxes.models.mailbox import Mailbox

BROUGHT = "push"  # the epoch of mail that was brought here; its remote id is the SHA-256 of its bytes


class Outcome(models.TextChoices):
    """What became of a message."""

    PENDING = "pending", _("Waiting")
    CREATED = "created", _("Created")
    ADDED = "added", _("Added")
    HELD = "held", _("Held")
    IGNORED = "ignored", _("Ignored")
    REJECTED = "rejected", _("Rejected")
    SPAM = "spam", _("Spam")
    LOOP = "loop", _("Loop stopped")
    BOUNCE = "bounce", _("Bounce")
    DUPLICATE = "duplicate", _("Duplicate")
    FAILED = "failed", _("Failed")


class LedgerReason(StrEnum):
    """Why a message that is not processed has its outcome; `ledger_words` says it. Others come from the upper layer."""

    EXISTING_MAIL = "existing_mail"
    BEFORE_START = "before_start"
    RENUMBERED = "renumbered"
    REPOINTED = "repointed"
    SEEN_AGAIN = "seen_again"
    SAME_BYTES = "same_bytes"
    GONE = "gone"
    FETCH_FAILED = "fetch_failed"
    FETCH_DIED = "fetch_died"
    HEADER_UNREADABLE = "header_unreadable"
    NOT_MAIL = "not_mail"


class RawState(models.TextChoices):
    """Whether the bytes have been processed."""

    PENDING = "pending"
    DONE = "done"
    QUARANTINED = "quarantined"


class RawMessage(TenantModel):
    """The bytes of one message of one mailbox, in storage under a random key."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="raw_messages")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=200, blank=True)  # empty once pruned
    is_header_only = models.BooleanField(default=False)  # too large: the header block alone is stored
    is_history = models.BooleanField(default=False)  # was there before the mailbox was connected: never answered
    state = models.CharField(max_length=12, choices=RawState, default=RawState.PENDING)
    error = models.TextField(blank=True)  # why processing failed last
    stored_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["organization", "mailbox", "sha256"], name="raw_by_hash"),
            models.Index(fields=["organization", "storage_key"], name="raw_by_key"),
            models.Index(
                fields=["organization", "processed_at"], condition=~models.Q(storage_key=""), name="raw_with_source"
            ),
            models.Index(
                fields=["organization", "mailbox"], condition=models.Q(state=RawState.PENDING), name="raw_waiting"
            ),
        ]


class AckState(models.TextChoices):
    """Whether the after-import action has been done on the server."""

    NONE = "none"  # nothing to do
    DUE = "due"
    DONE = "done"
    FAILED = "failed"  # warned about; tried again with the next pass


class RemoteMessage(TenantModel):
    """One sighting of a message on a server, with its verdict."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="sightings")
    source_generation = models.PositiveIntegerField()
    folder = models.CharField(max_length=400)
    epoch = models.CharField(max_length=64, blank=True)
    remote_id = models.CharField(max_length=400)
    size_bytes = models.BigIntegerField(null=True)  # as the server claimed
    received_at = models.DateTimeField(null=True)  # the server's date
    seen_at = models.DateTimeField()
    raw = models.ForeignKey(RawMessage, on_delete=models.SET_NULL, null=True, related_name="sightings")
    resighting_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="resightings"
    )  # the same message under an earlier number; not shown in the log by itself
    is_history = models.BooleanField(default=False)  # was there before the mailbox was connected
    fetch_attempts = models.PositiveSmallIntegerField(default=0)  # counted before each try

    message_id = models.CharField(max_length=998, blank=True)  # Message-ID header without brackets
    message_key = models.CharField(max_length=32, blank=True, default="")  # by which the upper layer finds that again
    subject = models.CharField(max_length=400, blank=True)  # for the log; decoded
    sender = models.CharField(max_length=320, blank=True)  # From address, lower-cased
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.PENDING)
    reason_code = models.CharField(max_length=48, blank=True)  # LedgerReason, or one of the upper layer
    reason_data = models.JSONField(default=dict)  # what the reason's sentence names; no language
    trace = models.JSONField(default=list)  # the steps that decided
    ticket_id = models.BigIntegerField(null=True)  # what the upper layer made of it; opaque here
    decided_at = models.DateTimeField(null=True)

    ack_state = models.CharField(max_length=8, choices=AckState, default=AckState.NONE)
    ack_due_at = models.DateTimeField(null=True)
    ack_reason = models.CharField(max_length=48, blank=True)  # code of what went wrong
    ack_error = models.CharField(max_length=300, blank=True)  # the server's words

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "mailbox", "source_generation", "folder", "epoch", "remote_id"],
                name="sighting_once",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-seen_at", "-id"], name="sighting_recent"),
            models.Index(fields=["organization", "mailbox", "-seen_at"], name="sighting_mailbox"),
            models.Index(fields=["organization", "raw"], name="sighting_raw"),
            models.Index(fields=["organization", "ticket_id"], name="sighting_ticket"),
            models.Index(
                fields=["organization", "mailbox", "ack_due_at"],
                condition=models.Q(ack_state__in=["due", "failed"]),
                name="sighting_to_acknowledge",
            ),
            models.Index(
                fields=["organization", "outcome", "-seen_at"],
                condition=models.Q(outcome__in=["pending", "failed"]),
                name="sighting_open",
            ),
            # One outcome, one sender or one Message-ID among millions: what most mail is, is left out.
            models.Index(
                fields=["organization", "outcome", "-seen_at", "-id"],
                condition=models.Q(
                    outcome__in=["held", "ignored", "rejected", "spam", "loop", "bounce", "duplicate", "failed"]
                ),
                name="sighting_rare",
            ),
            models.Index(
                fields=["organization", "sender", "-seen_at"],
                condition=~models.Q(sender=""),
                name="sighting_sender",
            ),
            models.Index(
                fields=["organization", "message_key"], condition=~models.Q(message_key=""), name="sighting_message"
            ),
        ]

    @property
    def was_brought(self) -> bool:
        """True if no server showed it: it was posted or handed over here."""
        return self.epoch == BROUGHT


class IgnoredRange(TenantModel):
    """Ids up to `upto_id` without a sighting of their own were there when the mailbox was connected: left alone."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="ignored_ranges")
    source_generation = models.PositiveIntegerField()
    folder = models.CharField(max_length=400)
    epoch = models.CharField(max_length=64, blank=True)
    upto_id = models.BigIntegerField()
    count = models.PositiveIntegerField()  # how many messages lay in it
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "mailbox", "source_generation", "folder", "epoch"], name="ignored_range_once"
            )
        ]


register_stored("raw", label="mailboxes.RawMessage")
