"""Beginning a dry run of a mailbox; `working` does it."""

from __future__ import annotations

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Mailbox
from ticketing.models import DryRun

WANTED = (20, 100, 500)  # mails


@transaction.atomic
def start_dry_run(mailbox: Mailbox, *, wanted: int, actor: Membership) -> DryRun:
    """A worker tries the newest mails. It takes the place of the person's last dry run of this mailbox.

    wanted: one of WANTED. Nothing is stored but what it finds. Inside the scope.
    """
    for old in DryRun.objects.filter(mailbox=mailbox, membership=actor):
        work.withdraw(WorkKind.DRY_RUN, organization_id=old.organization_id, row_id=old.pk)
        old.delete()
    run: DryRun = DryRun.objects.create(mailbox=mailbox, membership=actor, wanted=wanted, started_at=clock.now())
    work.enqueue(WorkKind.DRY_RUN, organization_id=run.organization_id, row_id=run.pk)
    drains.wake(WorkKind.DRY_RUN)
    return run
