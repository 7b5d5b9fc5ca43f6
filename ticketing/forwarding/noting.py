"""A discarded mail is to go on to whom the policy names, or stands withheld. In the transaction that records it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from ticketing.inbound.automatic import recognise
from ticketing.inbound.decisions import Decision
from ticketing.inbound.envelope import Envelope
from ticketing.models import ForwardedMail, ForwardState


class WithheldBecause(StrEnum):
    """Why a discarded mail does not go on."""

    AUTOMATIC = "automatic"  # nothing automatic is set off by what no person wrote
    OUR_OWN = "our_own"  # the address is a mailbox of ours by now
    ITS_SENDER = "its_sender"  # it came from there
    ANSWERS_US = "answers_us"  # it answers a mail that we forwarded
    TOO_MANY = "too_many"
    NOBODY = "nobody"  # the setting names nobody any more
    FILE_MISSING = "file_missing"
    NO_SERVER = "no_server"
    BAD_ADDRESS = "bad_address"
    BOUNCED = "bounced"
    TOO_LARGE = "too_large"


def note_forward(envelope: Envelope, decision: Decision, *, moment: datetime) -> None:
    """What is discarded and to be forwarded is due, once. A mail that is decided anew stays as it was."""
    if not decision.data.get("forwards"):
        return
    row = ForwardedMail(raw_id=envelope.delivery.raw_id, noted_at=moment)
    if _is_automatic(envelope):
        row.state, row.reason, row.settled_at = ForwardState.WITHHELD, WithheldBecause.AUTOMATIC, moment
    ForwardedMail.objects.bulk_create([row], ignore_conflicts=True)
    if row.state == ForwardState.DUE:
        work.enqueue(WorkKind.FORWARD, organization_id=required_organization_id(), row_id=envelope.delivery.raw_id)
        drains.wake(WorkKind.FORWARD)


def _is_automatic(envelope: Envelope) -> bool:
    mail = envelope.mail
    return mail.bounce is not None or mail.automation.is_auto or recognise(mail, sender=envelope.sender) is not None
