"""The last step of connecting a mailbox: what becomes of the mail that is there, and off it goes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from mailboxes.models import ExistingMail, Mailbox
from mailboxes.services.setup.mailboxes import resume_mailbox


@transaction.atomic
def finish_mailbox(
    mailbox: Mailbox, *, existing_mail: ExistingMail, start_at: datetime | None, actor: Membership | None = None
) -> None:
    """The mailbox is polled from now on, and its history treated as chosen. Nothing of it is ever answered."""
    before = {"existing_mail": mailbox.existing_mail, "start_at": mailbox.start_at}
    Mailbox.objects.filter(pk=mailbox.pk).update(existing_mail=existing_mail, start_at=start_at)
    after = {"existing_mail": existing_mail.value, "start_at": start_at}
    audit.record("mailbox.finished", target=mailbox, actor=actor, changes=audit.differences(before, after=after))
    mailbox.existing_mail, mailbox.start_at = existing_mail, start_at
    resume_mailbox(mailbox, actor=actor)
