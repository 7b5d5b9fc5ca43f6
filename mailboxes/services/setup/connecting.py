"""The first look at a folder, while the mailbox is being added: what lies in it now was there before us.

By id this is exact. Where the look fails the first poll tells old from new by the server's dates.
"""

from __future__ import annotations

import logging

from django.conf import settings

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from mailboxes.connectors.base import NumberedSession, Order, is_numbered
from mailboxes.connectors.errors import ConnectorError
from mailboxes.models import ExistingMail, Mailbox
from mailboxes.services.liveness.health import next_due
from mailboxes.services.reading.folder_marks import ignore_upto, mark_reconciled
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.ledger import epoch_of, place_of
from mailboxes.services.reading.listing_names import record_existing
from mailboxes.services.reading.visit import Visit
from mailboxes.services.setup.connections import source_of

logger = logging.getLogger(__name__)


def note_existing(mailbox: Mailbox) -> int | None:
    """How many messages lie in the folder, which count as history from now on; None if it could not be seen.

    Call it outside any scope and transaction, right after the mailbox was added. The first poll is due afterwards.
    Takes as long as the server lets it, within the timeouts of mail connections.
    """
    claim = work.claim_row(
        WorkKind.POLL,
        organization_id=mailbox.organization_id,
        row_id=mailbox.id,
        lease_s=settings.LEASE_S,
        force=True,
    )
    if claim is None:
        return None
    try:
        with Lease(claim, lease_s=settings.LEASE_S) as lease:
            count = _look(mailbox, lease)
            due_at = clock.now() if mailbox.is_enabled else next_due(mailbox)
            with lease.writing():
                work.reschedule(claim, due_at=due_at, succeeded=False)
    except work.LeaseLost:
        return None
    return count


def _look(mailbox: Mailbox, lease: Lease) -> int | None:
    with lease.reading():
        mailbox = Mailbox.objects.select_related("connection", "organization").get(id=mailbox.id)
    if mailbox.is_history_settled:
        return None
    try:
        with lease.reading():
            source = source_of(mailbox)
        with source.open() as session:
            _note(Visit(session, mailbox, lease))
    except ConnectorError as error:
        logger.info("connecting.not_seen", extra={"mailbox_id": mailbox.id, "reason": error.reason})
        return None
    return session.state.count


def _note(visit: Visit) -> None:
    """By id where ids tell; where the order is DATES the received dates will, as exactly as they can."""
    session = visit.session
    if is_numbered(session):
        _note_numbers(visit.mailbox, visit.lease, session)
    elif session.order is Order.NONE:
        record_existing(visit)


def _highest_id(session: NumberedSession) -> int:
    known = session.state.highest_id
    return known if known is not None else max(session.list_ids(), default=0)


def _note_numbers(mailbox: Mailbox, lease: Lease, session: NumberedSession) -> None:
    highest = _highest_id(session)
    mailbox.epoch = epoch_of(mailbox, session.state)
    mailbox.history_upto = highest
    place = place_of(mailbox, epoch=mailbox.epoch)
    fields = ["epoch", "history_upto"]
    with lease.writing():
        if mailbox.existing_mail == ExistingMail.IGNORE and not place.is_unnumbered:
            ignore_upto(mailbox, place, highest=highest, count=session.state.count)
            mailbox.is_history_settled, mailbox.cursor = True, highest
            mark_reconciled(mailbox, session.state)
            fields += ["is_history_settled", "cursor"]
        mailbox.save(update_fields=fields)
