"""Messages on which the index for search failed are tried again: a mail waits for no index, and none stays unfound.

What fails here fails for the work item, which is due again after growing pauses and says why.
"""

from __future__ import annotations

from django.db import transaction

from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import KeptRemark, Message, SearchDocument
from ticketing.services.search import document, index_fields

LEASE_S = 60.0


def handle(claim: work.Claim) -> None:
    """The message is found by its words, and its ticket by its fields; it says nothing of the index any more."""
    with organization_scope(claim.organization_id), transaction.atomic():
        work.still_ours(claim)
        messages = Message.objects.select_related("ticket").prefetch_related("recipients", "attachments")
        message = messages.filter(pk=claim.row_id).first()
        if message is not None:
            _index(message)
        work.finish(claim)


def _index(message: Message) -> None:
    people = (text for each in message.recipients.all() for text in (each.name, each.address))
    names = (file.filename for file in message.attachments.all() if not file.is_inline)
    found_by = document((message.subject, message.from_name, message.from_address, *people, *names, message.text))
    SearchDocument.objects.update_or_create(
        message=message, defaults={"ticket_id": message.ticket_id, "body": found_by.body}
    )
    index_fields([message.ticket])
    remarks = [each for each in message.remarks if each.get("code") != KeptRemark.NOT_INDEXED]
    capped = [{"code": KeptRemark.SEARCH_CAPPED.value}] if found_by.is_capped else []
    Message.objects.filter(pk=message.pk).update(remarks=[*capped, *remarks])
