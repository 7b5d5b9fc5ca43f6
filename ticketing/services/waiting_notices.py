"""Mail that waits for a person, held or in quarantine: its owners are told, a while later and of all at once.

Owners are those who manage channels, who can release it, and the team that gets the mailbox's tickets: its members see
it in the inbound log and can put it into a ticket. Each of the two groups has an entry in the audit trail, about which
a mail is due after DELAY; what begins to wait until then needs none of its own. So nothing waits untold, and a flood of
it is one mail in DELAY.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from helpdesk.accounts.models import AuditEntry, Team
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox

HELD, QUARANTINED = "mail.held", "mail.quarantined"
OF_TEAM = {HELD: "mail.held_of_team", QUARANTINED: "mail.quarantined_of_team"}
DELAY = timedelta(minutes=10)


def note_waiting(action: str, *, mailbox_id: int) -> None:
    """Mails that tell its owners are due, unless they are on their way. Inside the transaction of the verdict."""
    since = clock.now() - DELAY
    of_team = OF_TEAM[action]
    recent = set(
        AuditEntry.objects.filter(action__in=(action, of_team), at__gt=since).values_list("action", "target_id")
    )
    mailbox = Mailbox.objects.select_related("team").get(pk=mailbox_id)
    if not any(told == action for told, _target in recent):
        _tell(action, target=mailbox, label=mailbox.name)
    if mailbox.team is not None and (of_team, str(mailbox.team_id)) not in recent:
        _tell(of_team, target=mailbox.team, label=mailbox.team.name)


@transaction.atomic
def on_given_up(*, mailbox_id: int, **_: Any) -> None:
    """The owners of mail that could not be fetched are told of it. Hears `mail_given_up`."""
    note_waiting(QUARANTINED, mailbox_id=mailbox_id)


def _tell(action: str, *, target: Mailbox | Team, label: str) -> None:
    entry = audit.record(action, target=target, label=label, origin="worker")
    due_at = clock.now() + DELAY
    work.enqueue(WorkKind.NOTIFY, organization_id=required_organization_id(), row_id=entry.pk, due_at=due_at)
