"""Mail on its way out: one OutboxMessage, a row for each recipient.

queued ─claim▶ sending ─▶ sent | retry ─due▶ sending | failed | unknown (died after the mark; a person or proof decides)
queued, retry, failed ─▶ cancelled   retry, failed ─▶ queued (a person: again, or to another address)
unknown ─▶ sent (proof or person) | queued (proven unsent, or a person resends)
The outbox message shows the gravest state of its recipients. `marked_at` is the mark "about to send", committed
right before the content goes to the server; it is cleared with the results of the attempt.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.stored_files import register_stored
from mailboxes.models.connection import OutgoingServer
from mailboxes.models.mailbox import Mailbox


class DeliveryState(models.TextChoices):
    """Where an outgoing mail, or one recipient of it, stands."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    RETRY = "retry", _("Will be tried again")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Unknown")
    CANCELLED = "cancelled", _("Cancelled")


ALLOWED_TRANSITIONS: dict[str, frozenset[str]] = {
    DeliveryState.QUEUED: frozenset({DeliveryState.SENDING, DeliveryState.CANCELLED, DeliveryState.UNKNOWN}),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.SENT, DeliveryState.RETRY, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.QUEUED}
    ),
    DeliveryState.RETRY: frozenset(
        {
            DeliveryState.SENDING,
            DeliveryState.FAILED,
            DeliveryState.CANCELLED,
            DeliveryState.UNKNOWN,
            DeliveryState.QUEUED,
        }
    ),
    DeliveryState.FAILED: frozenset({DeliveryState.QUEUED, DeliveryState.CANCELLED}),
    DeliveryState.UNKNOWN: frozenset({DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.CANCELLED}),
    DeliveryState.SENT: frozenset(),
    DeliveryState.CANCELLED: frozenset(),
}


class Cause(models.TextChoices):
    """Why a mail was sent; stands in X-Postroom-Cause."""

    AGENT = "agent", _("an agent's reply")
    RULE = "rule", _("a rule")
    ACKNOWLEDGEMENT = "acknowledgement", _("an acknowledgement")
    NOTICE = "notice", _("a notice")
    INTEGRATION = "integration", _("an integration's reply")


class FilingState(models.TextChoices):
    """Whether the copy is in the Sent folder."""

    NONE = "none"  # the provider files it, or there is no mailbox
    DUE = "due"
    DONE = "done"
    FAILED = "failed"


class OutboxMessage(TenantModel):
    """A composed mail that is to leave; its bytes are fixed when it is queued."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.SET_NULL, null=True, related_name="outbox")
    outgoing = models.ForeignKey(OutgoingServer, on_delete=models.SET_NULL, null=True, related_name="outbox")
    message_id = models.CharField(max_length=300)  # without brackets, fixed at queue time
    subject = models.CharField(max_length=400, blank=True)
    mail_from = models.CharField(max_length=320)  # envelope sender
    storage_key = models.CharField(max_length=200)
    size_bytes = models.PositiveBigIntegerField()
    cause = models.CharField(max_length=16, choices=Cause)
    cause_id = models.CharField(max_length=64, blank=True)
    ticket_id = models.BigIntegerField(null=True)  # opaque here
    epoch = models.PositiveIntegerField()  # Installation.outbox_epoch when queued

    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    queued_at = models.DateTimeField()
    send_after = models.DateTimeField()  # undo is possible until then
    next_try_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)  # when the last attempt began: it counts for its server's rate
    attempts = models.PositiveIntegerField(default=0)
    marked_at = models.DateTimeField(null=True)
    handle = models.CharField(max_length=500, blank=True)  # of the mark: what the sender is asked with what came of it
    sent_at = models.DateTimeField(null=True)
    error_reason = models.CharField(max_length=32, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)  # the server's words

    filing = models.CharField(max_length=8, choices=FilingState, default=FilingState.NONE)
    filed_in = models.CharField(max_length=400, blank=True)
    filing_reason = models.CharField(max_length=32, blank=True)  # code of what went wrong
    filing_error = models.CharField(max_length=300, blank=True)  # the server's words

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "message_id"], name="outbox_message_id_once")]
        indexes = [
            models.Index(fields=["organization", "state", "-queued_at", "-id"], name="outbox_by_state"),
            models.Index(fields=["organization", "ticket_id"], name="outbox_ticket"),
            models.Index(fields=["organization", "storage_key"], name="outbox_by_key"),
            models.Index(fields=["organization", "outgoing", "-tried_at"], name="outbox_tried"),
        ]


class RecipientKind(models.TextChoices):
    """The header a recipient stands in; Bcc stands in none."""

    TO = "to", _("To")
    CC = "cc", _("Cc")
    BCC = "bcc", _("Bcc")


class OutboxRecipient(TenantModel):
    """One recipient of an outgoing mail, with a state of its own."""

    outbox = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="recipients")
    address = models.CharField(max_length=320)
    kind = models.CharField(max_length=3, choices=RecipientKind, default=RecipientKind.TO)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED)
    is_marked = models.BooleanField(default=False)  # content may have gone to the server for this one
    code = models.PositiveSmallIntegerField(default=0)  # SMTP reply code
    reason = models.CharField(
        max_length=32, blank=True
    )  # code of what is known besides the server's answer, or that says
    detail = models.CharField(max_length=300, blank=True)  # the server's words
    sent_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)  # it was sent, and a report came that it cannot be delivered
    bounce_detail = models.CharField(max_length=300, blank=True)  # the words of the report

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "outbox", "address"], name="outbox_recipient_once")
        ]
        indexes = [
            models.Index(
                fields=["organization", "outbox"],
                condition=models.Q(bounced_at__isnull=False),
                name="outbox_recipient_bounced",
            )
        ]


register_stored("outbox", label="mailboxes.OutboxMessage")
