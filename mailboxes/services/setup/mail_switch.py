"""The organization's switch between mail and tickets. Off: nothing is fetched, and what is brought is not processed.

Nothing is lost: mail waits on its servers, and what is brought is kept as for a paused mailbox. What was fetched before
is processed, and answers leave. Pauses of single mailboxes stay as they are. Needs the organization's scope.
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
def stop_taking_mail(organization: Organization, *, actor: Membership) -> None:
    """No mail becomes a ticket any more; a poll under way has lost its lease."""
    if not Organization.objects.filter(pk=organization.pk, takes_mail=True).update(takes_mail=False):
        return
    organization.takes_mail = False
    audit.record("organization.mail_stopped", target=organization, actor=actor)
    for mailbox in _mailboxes():
        start_over(mailbox)


@transaction.atomic
def start_taking_mail(organization: Organization, *, actor: Membership) -> None:
    """Every mailbox that is not paused is polled now, and what was brought meanwhile is processed."""
    if not Organization.objects.filter(pk=organization.pk, takes_mail=False).update(takes_mail=True):
        return
    organization.takes_mail = True
    audit.record("organization.mail_started", target=organization, actor=actor)
    for mailbox in _mailboxes().filter(is_enabled=True):
        start_over(mailbox)
        if not is_polled(mailbox):
            receiving.release_kept(mailbox)
    drains.wake(WorkKind.POLL)


def _mailboxes() -> QuerySet[Mailbox]:
    return Mailbox.objects.filter(deleted_at=None).select_related("connection", "organization")
