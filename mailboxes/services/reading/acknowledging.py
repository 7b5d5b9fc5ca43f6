"""What the mailbox wants done on the server once our copy is committed: mark as read, move, delete after some days.

due ──done──▶ done        (also when the server can only mark as deleted: said in ack_reason)
 │ ──refused──▶ failed ──later──▶ tried again; a warning on the sighting, never a new import

Deleting waits for a later pass than the one that stored the message. Of a message too large to be fetched we have the
headers alone: it is neither moved nor deleted before the whole of it is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from helpdesk.lib import clock, faults
from helpdesk.lib.text import clean_text
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import AckState, AfterImportChoice, Mailbox
from mailboxes.services.reading.ledger import Place
from mailboxes.services.reading.visit import Visit

BATCH = 100
AGAIN_AFTER = timedelta(minutes=10)
AGAIN_AFTER_REFUSAL = timedelta(hours=1)  # a folder that does not exist will not appear by itself


def acknowledge_due(visit: Visit, place: Place, *, began_at: datetime) -> None:
    """Everything due has been tried once. Repeating is harmless: the server is told again, nothing is imported.

    began_at: when this pass began; nothing that was stored after it is deleted. Raises ConnectorError, LeaseLost.
    """
    if visit.mailbox.after_import == AfterImportChoice.LEAVE:
        return
    with visit.lease.reading():
        ids = _due_ids(visit.mailbox, place, began_at=began_at)
    for start in range(0, len(ids), BATCH):
        _acknowledge(ids[start : start + BATCH], visit, place)


def _due_ids(mailbox: Mailbox, place: Place, *, began_at: datetime) -> list[str]:
    due = place.sightings().filter(_is_time(mailbox), ack_state__in=[AckState.DUE, AckState.FAILED], raw__isnull=False)
    if mailbox.takes_mail_away:
        due = due.filter(raw__is_header_only=False)
    if mailbox.after_import == AfterImportChoice.DELETE:
        due = due.filter(raw__stored_at__lt=began_at)
    return list(due.order_by("id").values_list("remote_id", flat=True))


def _is_time(mailbox: Mailbox) -> Q:
    """The moment has come, or lies further ahead than any that is set: the clock was turned back since.

    Of what is deleted the first alone counts: rather too late than too early.
    """
    moment = clock.now()
    has_come = Q(ack_due_at__lte=moment)
    if mailbox.after_import == AfterImportChoice.DELETE:
        return has_come
    return has_come | Q(ack_due_at__gt=moment + AGAIN_AFTER_REFUSAL)


def _acknowledge(remote_ids: Sequence[str], visit: Visit, place: Place) -> None:
    visit.lease.check()
    faults.point("poll.before_acknowledge")
    action = AfterImport(visit.mailbox.after_import)
    results = visit.session.acknowledge(remote_ids, action=action, folder=visit.mailbox.after_import_folder)
    faults.point("poll.after_acknowledge")
    with visit.lease.writing():
        for error, ids in _by_error(results).items():
            place.sightings().filter(remote_id__in=ids).update(**_outcome(error))
    faults.point("poll.acknowledged")


def _by_error(results: Mapping[str, ConnectorError | None]) -> dict[ConnectorError | None, list[str]]:
    grouped: dict[ConnectorError | None, list[str]] = {}
    for remote_id, error in results.items():
        grouped.setdefault(error, []).append(remote_id)
    return grouped


def _outcome(error: ConnectorError | None) -> dict[str, object]:
    if error is None:
        return {"ack_state": AckState.DONE, "ack_reason": "", "ack_error": "", "ack_due_at": None}
    why: dict[str, object] = {"ack_reason": str(error.reason), "ack_error": clean_text(error.detail)}
    if error.reason is Reason.NOT_EXPUNGED:
        return why | {"ack_state": AckState.DONE, "ack_due_at": None}
    again_at = clock.now() + (AGAIN_AFTER_REFUSAL if error.permanent else AGAIN_AFTER)
    return why | {"ack_state": AckState.FAILED, "ack_due_at": again_at}
