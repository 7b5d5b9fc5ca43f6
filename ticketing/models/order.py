"""What people decided about single mails: let one in, put it into a ticket, never into that ticket again."""

from __future__ import annotations

from django.db import models

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from mailboxes.models import RawMessage
from ticketing.models.message import Message
from ticketing.models.ticket import Ticket


class MailOrder(TenantModel):
    """How a member wants one stored mail decided anew; intake obeys, and the reason names the member."""

    raw = models.ForeignKey(RawMessage, on_delete=models.CASCADE, related_name="orders", db_index=False)
    skips = models.JSONField(default=list)  # names of the policy's steps that are not asked
    ticket = models.ForeignKey(Ticket, on_delete=models.SET_NULL, null=True, related_name="+")  # where it is to go
    member = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    by_name = models.CharField(max_length=200)  # of the member, as it was then
    given_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "raw"], name="mail_order_once")]


class ThreadSplit(TenantModel):
    """A message was taken out of a ticket: no mail that answers it is put into that ticket again."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="splits", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")  # that it was taken out of
    member = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "message", "ticket"], name="thread_split_once"),
        ]
