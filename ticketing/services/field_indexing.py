"""Tickets from before search knew custom fields are found by them: due work that an upgrade leaves behind.

One item for each organization; its row is the id of the last ticket that is done. Each turn takes the next tickets in
one transaction and leaves the item of the turn after it, so that a worker killed anywhere repeats at most one turn.
"""

from __future__ import annotations

import logging

from django.db import transaction

from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import Ticket
from ticketing.services.search import index_fields

logger = logging.getLogger(__name__)

LEASE_S = 60.0
BATCH = 1000  # tickets looked at in one turn, whether they have values or not


def handle(claim: work.Claim) -> None:
    """The next tickets are found by their fields, and those after them are due; at the end nothing is."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        ids = list(Ticket.objects.filter(id__gt=claim.row_id).order_by("id").values_list("id", flat=True)[:BATCH])
        work.finish(claim)
        if not ids:
            logger.info("search.fields_indexed", extra={"organization_id": claim.organization_id})
            return
        # Locked: whoever changes a value meanwhile comes before, and is read here, or after, and indexes it anew.
        valued = Ticket.objects.filter(id__in=ids).exclude(fields={}).select_for_update(of=("self",)).order_by("id")
        index_fields(valued.only("id", "organization_id", "fields"))
        work.enqueue(WorkKind.INDEX_FIELDS, organization_id=claim.organization_id, row_id=ids[-1])
        drains.wake(WorkKind.INDEX_FIELDS)
