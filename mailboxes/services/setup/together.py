"""Mailboxes that share the connection of another, from several addresses at once: one refused stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Origin
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import Connection, Mailbox, RefusedAddress
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.mailboxes import create_mailbox

_MAX_SENTENCE_CHARS = 400


def join(
    mailbox: Mailbox, more: Sequence[MailboxInput], *, actor: Membership | None = None, origin: Origin = "web"
) -> Mapping[str, str]:
    """Each is a mailbox that shares the connection, but for those given: why they cannot be, by address.

    What is refused is kept with the connection until the address joins it, or somebody puts it away.
    In the organization's scope.
    """
    refused = {}
    for each in more:
        try:
            with transaction.atomic():
                create_mailbox(each, connection=mailbox.connection, actor=actor, origin=origin)
                _forget(mailbox.connection, address=each.address)
        except DomainError as problem:
            refused[each.address] = problem.sentence
            _keep(mailbox.connection, address=each.address, sentence=problem.sentence)
    return refused


@transaction.atomic
def put_away(refusal: RefusedAddress, *, mailbox: Mailbox, actor: Membership) -> None:
    """Nothing is said of this address any more beside the mailbox. In the organization's scope."""
    changes = {"address": (refusal.address, None)}
    audit.record("mailbox.refusal_put_away", target=mailbox, actor=actor, changes=changes)
    refusal.delete()


def _forget(connection: Connection, *, address: str) -> None:
    RefusedAddress.objects.filter(connection=connection, address=address.strip().lower()).delete()


def _keep(connection: Connection, *, address: str, sentence: str) -> None:
    RefusedAddress.objects.update_or_create(
        connection=connection,
        address=address.strip().lower()[:320],
        defaults={"sentence": sentence[:_MAX_SENTENCE_CHARS], "refused_at": clock.now()},
    )
