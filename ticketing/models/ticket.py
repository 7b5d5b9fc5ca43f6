"""The ticket: one request and everything said about it.

new ─▶ open ─▶ waiting ─▶ solved ─▶ closed; on hold from any open state; a customer's reply reopens waiting, on hold
and solved; a reply to a closed one opens a linked new ticket. Spam is the mark `spam_mark`, shown as a status.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Category, Company, Membership, Team
from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox
from ticketing.models.contact import Contact


class Status(models.TextChoices):
    """Where a ticket stands."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting on customer")
    HOLD = "hold", _("On hold")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")


# What an agent may choose from each status. Closed is final: what comes later opens a linked ticket.
ALLOWED_TRANSITIONS: dict[str, frozenset[str]] = {
    Status.NEW: frozenset({Status.OPEN, Status.WAITING, Status.HOLD, Status.SOLVED, Status.CLOSED}),
    Status.OPEN: frozenset({Status.WAITING, Status.HOLD, Status.SOLVED, Status.CLOSED}),
    Status.WAITING: frozenset({Status.OPEN, Status.HOLD, Status.SOLVED, Status.CLOSED}),
    Status.HOLD: frozenset({Status.OPEN, Status.WAITING, Status.SOLVED, Status.CLOSED}),
    Status.SOLVED: frozenset({Status.OPEN, Status.WAITING, Status.HOLD, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.OPEN}),
}
OPEN_STATUSES = (Status.NEW, Status.OPEN, Status.WAITING, Status.HOLD)


class Priority(models.TextChoices):
    """How much a ticket presses."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class SpamMark(models.TextChoices):
    """Who said whether a ticket is spam; a manual mark is never overwritten."""

    NONE = "", _("Not judged")
    AUTO_SPAM = "auto_spam", _("Spam (recognised)")
    MANUAL_SPAM = "manual_spam", _("Spam (marked)")
    AUTO_CLEAN = "auto_clean", _("Clean (recognised)")
    MANUAL_CLEAN = "manual_clean", _("Clean (marked)")


SPAM_MARKS = (SpamMark.AUTO_SPAM, SpamMark.MANUAL_SPAM)


class Tag(TenantModel):
    """A word that tickets can carry."""

    name = models.CharField(_("name"), max_length=30)
    hue = models.PositiveSmallIntegerField(default=1)
    is_for_spam = models.BooleanField(default=False)  # put on what is recognised as spam, which gets no other by itself

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


_LISTED = models.Q(merged_into__isnull=True)
_OPEN = models.Q(is_spam=False, status__in=["new", "open", "waiting", "hold"])


class Ticket(TenantModel):
    """One request. The columns below `snippet` are kept by the services so that lists need no other table."""

    number = models.BigIntegerField()  # for people; per organization, unique and increasing, gaps allowed
    subject = models.CharField(max_length=400, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.NEW)
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.NORMAL)
    spam_mark = models.CharField(max_length=12, choices=SpamMark, blank=True, default=SpamMark.NONE)
    is_spam = models.BooleanField(default=False)  # spam_mark is one of the two spams
    requester = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="tickets")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    mailbox = models.ForeignKey(Mailbox, on_delete=models.SET_NULL, null=True, related_name="+")
    assignee = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="tickets")
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="tickets")
    tags = models.ManyToManyField(Tag, through="ticketing.TicketTag", related_name="tickets")
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="merged")
    follows = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="followed_by")
    is_history = models.BooleanField(default=False)  # imported from before the mailbox was connected
    fields = models.JSONField(default=dict)  # values of TicketField by key; see ticketing/fields/values.py

    listed_fields: Sequence[tuple[str, str]] = ()  # for lists, where `queries.fields.shown_in_lists` has filled them in

    snippet = models.CharField(max_length=200, blank=True)  # of the last message
    last_author = models.CharField(max_length=120, blank=True)
    requester_name = models.CharField(max_length=200, blank=True)
    needs_reply = models.BooleanField(default=False)  # the customer spoke last
    has_attachments = models.BooleanField(default=False)
    has_notes = models.BooleanField(default=False)
    message_count = models.PositiveIntegerField(default=0)
    last_position = models.BigIntegerField(default=0)  # of the newest event; what a reader has seen is compared to it
    created_at = models.DateTimeField()
    active_at = models.DateTimeField()  # last message in or out; orders the lists
    waiting_since = models.DateTimeField(null=True)  # since when the customer waits for us
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="ticket_number_once")]
        # One for each kind of view. Their conditions are the views' own, so that counting reads the index alone.
        indexes = [
            models.Index(
                fields=["organization", "-active_at", "-id"],
                condition=_LISTED & models.Q(needs_reply=True, is_spam=False, status__in=["new", "open"]),
                name="ticket_needs_reply",
            ),
            models.Index(
                fields=["organization", "assignee", "-active_at", "-id"],
                condition=_LISTED & _OPEN,
                name="ticket_by_assignee",
            ),
            models.Index(
                fields=["organization", "team", "-active_at", "-id"], condition=_LISTED & _OPEN, name="ticket_by_team"
            ),
            models.Index(
                fields=["organization", "status", "-active_at", "-id"],
                condition=_LISTED & models.Q(is_spam=False),
                name="ticket_by_status",
            ),
            models.Index(
                fields=["organization", "-active_at", "-id"], condition=_LISTED & _OPEN, name="ticket_all_open"
            ),
            models.Index(
                fields=["organization", "-active_at", "-id"],
                condition=_LISTED & models.Q(is_spam=True),
                name="ticket_spam",
            ),
            models.Index(fields=["organization", "requester", "-active_at"], name="ticket_by_requester"),
            models.Index(fields=["organization", "last_position"], name="ticket_by_position"),  # what changed since
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class TicketTag(TenantModel):
    """A tag on a ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "ticket", "tag"], name="ticket_tag_once")]
