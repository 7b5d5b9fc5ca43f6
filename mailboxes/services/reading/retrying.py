"""A person asks for another try of a message that could not be fetched."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Origin
from helpdesk.lib.errors import DomainError
from mailboxes.models import Outcome, RemoteMessage
from mailboxes.services.setup.mailboxes import ask_poll_now


class NothingToFetch(DomainError):
    """The message did not fail, or its bytes are here."""

    code = "nothing_to_fetch"


@transaction.atomic
def fetch_again(sighting: RemoteMessage, *, actor: Membership | None = None, origin: Origin = "web") -> None:
    """The message waits again, with fresh tries, and its mailbox is polled now. Needs the organization's scope.

    Raises NothingToFetch, also when two people ask at once.
    """
    failed = RemoteMessage.objects.filter(id=sighting.id, raw=None, outcome=Outcome.FAILED)
    if not failed.update(outcome=Outcome.PENDING, reason_code="", reason_data={}, decided_at=None, fetch_attempts=0):
        raise NothingToFetch(_("This message is not waiting for another try. Reload the log to see what became of it."))
    audit.record(
        "mail.fetched_again", target=sighting, actor=actor, origin=origin, label=f"Message {sighting.remote_id}"
    )
    ask_poll_now(sighting.mailbox)
