"""Making a mailbox that mail is brought to; changed and deleted it is like any other (`services.setup.mailboxes`)."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services.audit import Origin
from mailboxes.models import Mailbox
from mailboxes.services.push.push_addresses import give_addresses
from mailboxes.services.setup.mailbox_inputs import NO_SERVER, MailboxInput
from mailboxes.services.setup.mailboxes import create_mailbox


@transaction.atomic
def create_push_mailbox(
    data: MailboxInput, *, actor: Membership | None = None, origin: Origin = "web"
) -> tuple[Mailbox, str]:
    """The mailbox takes mail from now on; gives also the token of its secret address, which is stored nowhere.

    Needs the scope. `data.incoming` plays no part. Raises DomainError as `create_mailbox`.
    """
    mailbox = create_mailbox(replace(data, incoming=NO_SERVER), actor=actor, origin=origin)
    return mailbox, give_addresses(mailbox)
