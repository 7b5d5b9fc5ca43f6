"""The organization's switch between mail and tickets. Needs the organization's scope.

Off, mail waits on its servers, and what is brought is kept as for a paused mailbox: nothing is lost. What was fetched
before is processed. Or, where that was asked for, mailboxes are read: answers go into their tickets, other mail is
ignored and its sender told. Answers leave in any case, and pauses of single mailboxes stay as they are.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from helpdesk.accounts.models import Membership, Organization
from helpdesk.accounts.services import audit
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Mailbox
from mailboxes.services.push import receiving
from mailboxes.services.setup.mailboxes import is_polled, start_over


@transaction.atomic
def stop_taking_mail(organization: Organization, *, actor: Membership, tells: bool = False) -> None:
    """No mail becomes a ticket any more. tells: who writes is told; else a poll under way has lost its lease."""
    there = Organization.objects.filter(pk=organization.pk, takes_mail=True)
    if not there.update(takes_mail=False, tells_while_off=tells):
        return
    organization.takes_mail, organization.tells_while_off = False, tells
    changes = {"tells_while_off": (False, True)} if tells else None
    audit.record("organization.mail_stopped", target=organization, actor=actor, changes=changes)
    if tells:
        return
    for mailbox in _mailboxes():
        start_over(mailbox)


@transaction.atomic
def start_taking_mail(organization: Organization, *, actor: Membership) -> None:
    """Every mailbox that is not paused is polled now, and what was brought meanwhile is processed."""
    there = Organization.objects.filter(pk=organization.pk, takes_mail=False)
    if not there.update(takes_mail=True, tells_while_off=False):
        return
    organization.takes_mail, organization.tells_while_off = True, False
    audit.record("organization.mail_started", target=organization, actor=actor)
    for mailbox in _mailboxes().filter(is_enabled=True):
        start_over(mailbox)
        if not is_polled(mailbox):
            receiving.release_kept(mailbox)
    drains.wake(WorkKind.POLL)


def _mailboxes() -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(deleted_at=None).select_related("connection", "organization")
