"""The subscription to change notifications that a mailbox has at Microsoft Graph, or is being given.

none ──a request is on its way (is_creating)──▶ stored, with Graph's id and its end ──renewed at half of its life──▶ …
`is_creating` that stayed: whoever asked died before the answer was stored, so Graph may have one that nobody knows.
"""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from mailboxes.models.mailbox import Mailbox


class GraphSubscription(TenantModel):
    """One for each mailbox that wants real time; its row is gone once the subscription is."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="subscription")
    remote_id = models.CharField(max_length=200, blank=True)  # Graph's; empty: none is known
    resource = models.CharField(max_length=1000, blank=True)  # what it watches, as Graph's paths name it
    public_url = models.CharField(max_length=500, blank=True)  # PUBLIC_URL as it was told
    expires_at = models.DateTimeField(null=True)
    is_creating = models.BooleanField(default=False)
    token_sealed = models.TextField(blank=True, editable=False)  # the last part of the address Graph calls
    client_state_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of what its calls have to carry
    farewell_sealed = models.TextField(blank=True, editable=False)  # an access token, once the mailbox is deleted
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass


register_sealed("mailboxes.GraphSubscription", "token_sealed")
register_sealed("mailboxes.GraphSubscription", "farewell_sealed")
