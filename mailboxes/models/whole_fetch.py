"""A member's wish to have a large message whole, of which the mailbox's limit let only the headers in.

requested ─poll─▶ fetching ─bytes durable─▶ stored ─processed, header bytes removed─▶ done
    ▲                │ └─ the server did not give it ─▶ requested, a few times, then failed
    └── asked again ─┴────────────────────────────────────────────────────────────▶ failed
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from mailboxes.models.ledger import RawMessage
from mailboxes.models.mailbox import Mailbox


class WholeFetchState(models.TextChoices):
    """How far it is."""

    REQUESTED = "requested", _("Requested")
    FETCHING = "fetching", _("Being fetched")
    STORED = "stored", _("Being processed")
    DONE = "done", _("Here")
    FAILED = "failed", _("Failed")


class WholeFetch(TenantModel):
    """The wish for one message, one row for each header-only RawMessage however often it is asked for."""

    raw = models.ForeignKey(RawMessage, on_delete=models.CASCADE, related_name="whole_fetches")  # header-only
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="whole_fetches")
    whole = models.ForeignKey(RawMessage, on_delete=models.SET_NULL, null=True, related_name="completes")
    state = models.CharField(max_length=12, choices=WholeFetchState, default=WholeFetchState.REQUESTED)
    requested_by = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)  # since it was asked for; counted before each
    reason_code = models.CharField(max_length=48, blank=True)  # why the last attempt failed: mailboxes.whole_words
    detail = models.CharField(max_length=300, blank=True)  # the server's words, for admins

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "raw"], name="whole_fetch_once"),
            models.UniqueConstraint(
                fields=["organization", "whole"], condition=models.Q(whole__isnull=False), name="whole_fetch_of_whole"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "mailbox"],
                condition=models.Q(state__in=["requested", "fetching", "stored"]),
                name="whole_fetch_open",
            )
        ]
