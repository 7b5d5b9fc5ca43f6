"""One mail or note in a ticket, who it was for, what it refers to, and what is attached."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from helpdesk.tenancy.stored_files import register_stored
from mailboxes.models import OutboxMessage, RawMessage
from ticketing.models.contact import Contact
from ticketing.models.integration import Integration
from ticketing.models.ticket import Ticket


class MessageKind(models.TextChoices):
    """Which way a message goes."""

    INBOUND = "inbound", _("From a customer")
    OUTBOUND = "outbound", _("Reply")
    NOTE = "note", _("Internal note")
    BOUNCE = "bounce", _("Bounce")


class ThreadReason(models.TextChoices):
    """Why a message is in this ticket."""

    NEW = "new", _("It opened the ticket")
    TOKEN = "token", _("It carries our signed token in References or In-Reply-To")
    TOKEN_ADDRESS = "token_address", _("It was sent to an address with our signed token")
    TOKEN_SUBJECT = "token_subject", _("Its subject carries our signed number")
    REFERENCE = "reference", _("It answers a message of the ticket")
    REMEMBERED = "remembered", _("It refers to a mail that a message of the ticket also refers to")
    ANSWERED_FIRST = "answered_first", _("A message of the ticket answers it")
    BODY_TOKEN = "body_token", _("It quotes our hidden token")
    SUBJECT_NUMBER = "subject_number", _("It names the number, and its sender is on the ticket")
    CONVERSATION = "conversation", _("It goes on with the ticket’s conversation in Outlook, under the same subject")
    FOLLOWS_CLOSED = "follows_closed", _("It answers a closed ticket")
    REPORT = "report", _("It reports on a mail of the ticket")
    WRITTEN_HERE = "written_here", _("It was written here")
    BROUGHT_IN = "brought_in", _("An integration brought it to this ticket")
    SPLIT_OFF = "split_off", _("Somebody split it off from another ticket")
    JOINED = "joined", _("Somebody put it into this ticket")
    BY_ITSELF = "by_itself", _("Postroom wrote it by itself")


class KeptRemark(models.TextChoices):
    """What of a message is not kept as it is; the parser's remarks stand beside these."""

    SEARCH_CAPPED = "search_capped"
    NOT_INDEXED = "not_indexed"  # search has not taken it yet
    RECIPIENTS_LEFT_OUT = "recipients_left_out"  # total, kept
    QUOTE_LEFT_OUT = "quote_left_out"
    OTHER_REQUESTER = "other_requester"  # how (of RequesterSource), name, address, sender


class KeptNote(models.TextChoices):
    """Why a file stands for the whole mail; the parser's notes stand beside these."""

    MAIL_TOO_LARGE = "mail_too_large"  # size_bytes, limit_bytes
    MAIL_UNREADABLE = "mail_unreadable"
    REPEATED_IMAGE = "repeated_image"  # a small one that came with an earlier mail: a signature's logo
    LEFT_OUT = "left_out"  # why: kind, ending, size (of FileRule)


class Message(TenantModel):
    """One mail or note. HTML is sanitised before it is stored and again when it is shown."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=8, choices=MessageKind)
    position = models.BigIntegerField()  # of its event; orders the thread
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, related_name="messages", db_index=False)
    author = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="messages")
    # The program that wrote it or brought it in; then it has no author.
    integration = models.ForeignKey(Integration, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    from_name = models.CharField(max_length=200, blank=True)
    from_address = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=998, blank=True)
    text = models.TextField(blank=True)  # the whole, as plain text
    reply_text = models.TextField(blank=True)  # without quote and signature
    html = models.TextField(blank=True)  # sanitised; "" when the mail had none
    remote_images = models.PositiveIntegerField(default=0)  # blocked until asked for
    message_id = models.CharField(max_length=998, blank=True)  # without brackets
    claimed_at = models.DateTimeField(null=True)  # the Date header; may lie
    created_at = models.DateTimeField()  # received (server's date, at most now) or written
    raw = models.ForeignKey(RawMessage, on_delete=models.SET_NULL, null=True, related_name="+")
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+")
    token_id = models.CharField(max_length=26, null=True)  # the random part of our thread token, outbound only
    thread_reason = models.CharField(max_length=16, choices=ThreadReason)
    thread_detail = models.CharField(max_length=200, blank=True)  # the id or number that led here; in no language
    is_automatic = models.BooleanField(default=False)
    auto_kind = models.CharField(max_length=24, blank=True)
    is_external = models.BooleanField(default=False)  # its sender was new to the ticket; thread_reason let it in
    bounce_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="bounces")
    trust = models.JSONField(default=dict)  # of a mail: how far its sender is who From says; see `inbound.sender_trust`
    written_mark = models.CharField(max_length=32, null=True)  # of what a composer sent; see `services.written_once`
    remarks = models.JSONField(default=list)  # what was cut or odd: objects of a code and its values, in no language

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "ticket", "position"], name="message_position_once"),
            models.UniqueConstraint(
                fields=["organization", "token_id"],
                condition=models.Q(token_id__isnull=False),
                name="message_token_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "raw"], condition=models.Q(raw__isnull=False), name="message_of_raw_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "ticket", "written_mark"],
                condition=models.Q(written_mark__isnull=False),
                name="message_written_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "outbox"], name="message_by_outbox"),
            models.Index(fields=["organization", "contact", "-created_at"], name="message_by_contact"),
        ]


ADDED = "added"  # in the place of a header: a rule says so, and the mail does not


class MessageRecipient(TenantModel):
    """One address in a header of a message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="recipients")
    header = models.CharField(max_length=8)  # to, cc, bcc, reply_to; or ADDED: whom answers go to as well
    name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=320)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "message"], name="recipient_by_message")]


class MessageReference(TenantModel):
    """A Message-ID that leads to a ticket: a message's own, or one it refers to (also of mails we never had)."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="references")
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    id_hash = models.CharField(max_length=32)  # first 128 bits of SHA-256 of the id, hex
    is_own = models.BooleanField()  # the message's own id

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "message", "id_hash"], name="message_reference_once")
        ]
        indexes = [models.Index(fields=["organization", "id_hash"], name="message_reference_lookup")]


class ThreadKey(TenantModel):
    """A key that signs thread tokens. It verifies for ever: rotation adds, never drops."""

    key_id = models.CharField(max_length=2)  # base32 characters, stands in the token
    secret_sealed = models.TextField()
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "key_id"], name="thread_key_once")]


class Blob(TenantModel):
    """The bytes of attachments, stored once for each content inside one organization."""

    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    storage_key = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    unused_since = models.DateTimeField(null=True)  # deletion in two steps: mark, and after a grace re-check and remove

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "sha256"], name="blob_once")]
        indexes = [models.Index(fields=["organization", "storage_key"], name="blob_by_key")]


class Attachment(TenantModel):
    """A file of a message, or the placeholder of one that could not be kept."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="attachments")
    draft = models.ForeignKey("ticketing.Draft", on_delete=models.CASCADE, null=True, related_name="attachments")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, related_name="attachments")
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=127)  # from our sniffing
    size_bytes = models.PositiveBigIntegerField(default=0)
    is_inline = models.BooleanField(default=False)
    content_id = models.CharField(max_length=400, blank=True)  # without brackets
    note_code = models.CharField(max_length=32, blank=True)  # why it is missing or odd
    note_data = models.JSONField(default=dict)  # the values that its sentence names
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "message"], name="attachment_by_message")]


register_sealed("ticketing.ThreadKey", "secret_sealed")
register_stored("blobs", label="ticketing.Blob")
