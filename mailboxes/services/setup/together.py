"""Mailboxes that share the connection of another, from several addresses at once: one refused stops no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services.audit import Origin
from helpdesk.lib.errors import DomainError
from mailboxes.models import Mailbox
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.mailboxes import create_mailbox


def join(
    mailbox: Mailbox, more: Sequence[MailboxInput], *, actor: Membership | None = None, origin: Origin = "web"
) -> Mapping[str, str]:
    """Each is a mailbox that shares the connection, but for those given: why they cannot be, by address.

    In the organization's scope.
    """
    refused = {}
    for each in more:
        try:
            with transaction.atomic():
                create_mailbox(each, connection=mailbox.connection, actor=actor, origin=origin)
        except DomainError as problem:
            refused[each.address] = problem.sentence
    return refused
