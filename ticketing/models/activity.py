"""What happened to a ticket, who has read what, who is writing, and unsent drafts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from ticketing.models.integration import Integration
from ticketing.models.message import Message
from ticketing.models.ticket import Ticket


class EventKind(models.TextChoices):
    """What happened."""

    TICKET_OPENED = "ticket_opened"
    MESSAGE_RECEIVED = "message_received"
    REPLY_WRITTEN = "reply_written"
    REPLY_UNDONE = "reply_undone"
    ANSWERED_BY_ITSELF = "auto_answered"  # nobody wrote it; it changes nothing about the ticket
    NOTE_WRITTEN = "note_written"
    STATUS_CHANGED = "status_changed"
    PRIORITY_CHANGED = "priority_changed"
    ASSIGNEE_CHANGED = "assignee_changed"
    TEAM_CHANGED = "team_changed"
    CATEGORY_CHANGED = "category_changed"
    COMPANY_CHANGED = "company_changed"
    SUBJECT_CHANGED = "subject_changed"
    FIELD_CHANGED = "field_changed"
    REQUESTER_CHANGED = "requester_changed"
    COMMANDS_REFUSED = "commands_refused"
    PARTICIPANT_ADDED = "participant_added"  # answers go there too
    TAG_ADDED = "tag_added"
    TAG_REMOVED = "tag_removed"
    SPAM_MARKED = "spam_marked"
    SPAM_SUSPECTED = "spam_suspected"
    BOUNCE_RECEIVED = "bounce_received"
    DELIVERY_FAILED = "delivery_failed"
    MERGED = "merged"
    LINKED = "linked"
    MESSAGE_COMPLETED = "message_completed"
    MAIL_IGNORED = "mail_ignored"
    MESSAGE_MOVED = "message_moved"  # a person took one of its messages to another ticket, or brought one from there
    COPY_RECEIVED = "copy_received"  # the same mail by way of another mailbox
    SYNC_OVERRULED = "sync_overruled"  # another system said something that had been changed here since


class TicketEvent(TenantModel):
    """One entry of a ticket's history. Append-only; `position` is given in commit order per organization."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="events")
    position = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=EventKind)
    actor = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    # Set when a program made it; then nobody is its actor. What goes out about it is not sent back to that program.
    integration = models.ForeignKey(Integration, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    cause = models.CharField(max_length=16)  # agent, mail, rule, system, integration
    origin = models.CharField(max_length=16)  # web, worker, command, api
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    data = models.JSONField(default=dict)  # e.g. {"from": "open", "to": "solved"}
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "position"], name="event_position_once")]
        indexes = [models.Index(fields=["organization", "ticket", "position"], name="event_by_ticket")]


class TicketRead(TenantModel):
    """How far a member has read a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="reads")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    position = models.BigIntegerField()  # everything up to here was seen

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "ticket", "membership"], name="ticket_read_once")
        ]


class DraftMode(models.TextChoices):
    """What a draft will become."""

    REPLY = "reply", _("Reply")
    NOTE = "note", _("Note")
    FORWARD = "forward", _("Forward")


class Draft(TenantModel):
    """An unsent answer of one member, saved while they write; one for each mode."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=8, choices=DraftMode)
    html = models.TextField(blank=True)
    to = models.JSONField(default=list)  # addresses
    cc = models.JSONField(default=list)
    bcc = models.JSONField(default=list)
    answers = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    seen_position = models.BigIntegerField(default=0)  # the newest event the writer had seen
    saved_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "ticket", "membership", "mode"], name="draft_once")
        ]


class Presence(TenantModel):
    """A member has this ticket open, and perhaps is writing; stale after half a minute."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="presences")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    is_writing = models.BooleanField(default=False)
    writing_since = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "ticket", "membership"], name="presence_once")]
