"""Mail to the admins about a mailbox that fails, and about its recovery, through the operator's own server.

The work item names an audit entry. The product shows the same on the mailbox list, so that a mail that cannot be sent
is given up after MAX_TRIES.
"""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import AuditEntry, Membership
from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.services.health import OUTAGE

logger = logging.getLogger(__name__)

LEASE_S = 120.0
MAX_TRIES = 5
PAUSE_S = 60.0


def handle(claim: work.Claim) -> None:
    """The admins have been told, or will be told later, or it was given up."""
    with organization_scope(claim.organization_id):
        mail = _mail(claim)
    if mail is not None and not _sent(mail) and claim.attempts < MAX_TRIES:
        work.reschedule(claim, due_at=clock.in_seconds(PAUSE_S * claim.attempts), succeeded=False)
    else:
        work.finish(claim)


def _mail(claim: work.Claim) -> EmailMessage | None:
    entry = AuditEntry.objects.select_related("organization").filter(id=claim.row_id).first()
    recipients = _admins(claim.organization_id)
    if entry is None or not recipients:
        return None
    name = " ".join(entry.target_label.split())
    is_outage = entry.action == OUTAGE
    reason = ": ".join(filter(None, (entry.changes["reason"][1], entry.changes["detail"][1])))
    sentences = [
        f"The mailbox {name} cannot be read: {reason}." if is_outage else f"The mailbox {name} is read again.",
        "We go on trying, with growing pauses. No mail is lost meanwhile: it waits on the mail server."
        if is_outage
        else "What came in meanwhile has been brought in.",
        f"{settings.BASE_URL}/o/{entry.organization.slug}/",
    ]
    return EmailMessage(
        f"Mailbox {name} cannot be reached" if is_outage else f"Mailbox {name} works again",
        "\n\n".join(sentences) + "\n",
        settings.DEFAULT_FROM_EMAIL,
        bcc=recipients,
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )


def _admins(organization_id: int) -> list[str]:
    members = Membership.objects.select_related("user").filter(organization_id=organization_id, user__is_active=True)
    return sorted(member.user.email for member in members if can(member, Capability.MANAGE_CHANNELS))


def _sent(mail: EmailMessage) -> bool:
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("notice.not_sent", extra={"error": type(error).__name__})
        return False
    return True
