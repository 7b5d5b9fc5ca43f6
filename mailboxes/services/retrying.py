"""A person asks for another try of a message that failed: to fetch it, or to process what was fetched."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Origin
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from mailboxes.services.mailboxes import ask_poll_now


class NothingToRetry(DomainError):
    """The message did not fail, or its bytes are gone."""

    code = "nothing_to_retry"


@transaction.atomic
def retry_message(sighting: RemoteMessage, *, actor: Membership | None = None, origin: Origin = "web") -> None:
    """The message waits again: to be processed if its bytes are here, else to be fetched with the next poll.

    Raises NothingToRetry.
    """
    if sighting.outcome != Outcome.FAILED:
        raise NothingToRetry(_("Only a failed message can be tried again."))
    if sighting.raw_id is None:
        _fetch_again(sighting)
    else:
        _process_again(sighting, sighting.raw_id)
    audit.record("message.retried", target=sighting, actor=actor, origin=origin, label=sighting.subject)


def _fetch_again(sighting: RemoteMessage) -> None:
    _wait_again(sighting, fetch_attempts=0)
    ask_poll_now(sighting.mailbox)


def _process_again(sighting: RemoteMessage, raw_id: int) -> None:
    raws = RawMessage.objects.filter(id=raw_id).exclude(storage_key="")
    if not raws.update(state=RawState.PENDING, error=""):
        raise NothingToRetry(_("The message's bytes are no longer stored."))
    _wait_again(sighting)
    work.withdraw(WorkKind.PROCESS, organization_id=sighting.organization_id, row_id=raw_id)  # its attempts with it
    work.enqueue(WorkKind.PROCESS, organization_id=sighting.organization_id, row_id=raw_id)
    drains.wake(WorkKind.PROCESS)


def _wait_again(sighting: RemoteMessage, **values: int) -> None:
    RemoteMessage.objects.filter(id=sighting.id).update(
        outcome=Outcome.PENDING, reason_code="", reason="", decided_at=None, **values
    )
    sighting.refresh_from_db()
