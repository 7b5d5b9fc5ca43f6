"""Mail about a mailbox or an outgoing server that fails, about its recovery, and whatever upper layers tell so.

    operator's own server (EMAIL_URL) ─ not set, or it fails MAX_TRIES times ─▶ another mailbox's outbox

The work item names an audit entry. The product shows the same on its pages: a mail that finds no way is given up.
Who gets no mail of the organization gets none by either way.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Cause, GrantState, Health, Mailbox, OutgoingServer, RecipientKind
from mailboxes.notices import addresses_for, notice_of
from mailboxes.services.liveness.reaching import Reach, reach_of, record_left_out
from mailboxes.services.sending.origin import origin_headers
from mailboxes.services.sending.outbox import NewMail, queue
from mailboxes.services.sending.outgoing_servers import server_for

logger = logging.getLogger(__name__)

LEASE_S = 120.0
MAX_TRIES = 5
PAUSE_S = 60.0
_MAILBOXES_TRIED = 20


@dataclass(frozen=True)
class _Due:
    """A mail about an entry, and whom it reaches."""

    entry: AuditEntry
    mail: EmailMessage
    reach: Reach


def handle(claim: work.Claim) -> None:
    """Those who are to know have been told, or will be told later, or it was given up."""
    with organization_scope(claim.organization_id):
        due = _due(claim)
        detour = _detour(claim) if due is not None and due.reach.reached else None
    if due is None:
        work.finish(claim)
    elif not due.reach.reached:
        _finish(claim, due)
    elif detour is not None and not settings.EMAIL_URL:
        _send_round(due, claim=claim, detour=detour)
    elif _sent(due.mail):
        _finish(claim, due)
    elif claim.attempts >= MAX_TRIES and detour is not None:
        _send_round(due, claim=claim, detour=detour)
    else:
        _try_later_or_give_up(claim)


def _finish(claim: work.Claim, due: _Due) -> None:
    """The work is done, and who was left out stands in the configuration log. Raises LeaseLost."""
    with organization_scope(claim.organization_id), transaction.atomic():
        record_left_out(due.reach, about=due.entry)
        work.finish(claim)


def _try_later_or_give_up(claim: work.Claim) -> None:
    if claim.attempts < MAX_TRIES:
        work.reschedule(claim, due_at=clock.in_seconds(PAUSE_S * claim.attempts), succeeded=False)
    else:
        work.finish(claim)


def _due(claim: work.Claim) -> _Due | None:
    """None if nobody is to know."""
    entry = AuditEntry.objects.select_related("organization").filter(id=claim.row_id).first()
    recipients = addresses_for(entry) if entry is not None else []
    if entry is None or not recipients:
        return None
    reach = reach_of(recipients)
    return _Due(entry, _mail(entry, to=reach.reached), reach)


def _mail(entry: AuditEntry, *, to: Sequence[str]) -> EmailMessage:
    notice = notice_of(entry)
    return EmailMessage(
        notice.subject,
        notice.text,
        settings.DEFAULT_FROM_EMAIL,
        bcc=to,
        headers={
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Message-ID": _message_id(entry),
            **origin_headers(Cause.NOTICE, cause_id=str(entry.pk)),
        },
    )


def _message_id(entry: AuditEntry) -> str:
    """The same at each try: the operator's server may have taken what our worker did not live to note."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<notice-{entry.pk}-{int(entry.at.timestamp())}@{domain}>"


def _sent(mail: EmailMessage) -> bool:
    try:
        mail.send()
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("notice.not_sent", extra={"error": type(error).__name__})
        return False
    return True


def _detour(claim: work.Claim) -> tuple[Mailbox, OutgoingServer] | None:
    """A mailbox that works, and the server it sends through; None if there is none. Not what the notice is about."""
    about = AuditEntry.objects.filter(id=claim.row_id).values_list("target_id", flat=True).first()
    working = Mailbox.objects.filter(deleted_at=None, is_enabled=True, health=Health.REACHABLE)
    working = working.exclude(outgoing__login_of__grant__state=GrantState.DEAD)
    for mailbox in working.select_related("outgoing__login_of").order_by("id")[:_MAILBOXES_TRIED]:
        server = server_for(mailbox)
        if server is not None and server.paused_at is None and about not in (str(mailbox.pk), str(server.pk)):
            return mailbox, server
    return None


def _send_round(due: _Due, *, claim: work.Claim, detour: tuple[Mailbox, OutgoingServer]) -> None:
    """The mail stands in the outbox under that mailbox's address, and the work is done. Raises LeaseLost."""
    mail, (mailbox, server) = due.mail, detour
    message_id = make_msgid(domain=mailbox.address.rpartition("@")[2])
    mail.from_email = mailbox.address
    mail.extra_headers["Message-ID"] = message_id
    try:
        with organization_scope(claim.organization_id), transaction.atomic():
            queue(
                NewMail(
                    mailbox=None,
                    server=server,
                    content=mail.message().as_bytes().replace(b"\n", b"\r\n"),
                    message_id=message_id.strip("<>"),
                    subject=str(mail.subject),
                    mail_from=mailbox.address,
                    recipients=[(RecipientKind.BCC, address) for address in mail.bcc],
                    cause=Cause.NOTICE,
                    cause_id=str(claim.row_id),
                    ticket_id=None,
                    send_after=clock.now(),
                )
            )
            _finish(claim, due)
    except DomainError as refused:
        logger.warning("notice.not_queued", extra={"code": refused.code})
        _try_later_or_give_up(claim)
