"""Several workers at the same mailboxes: nothing is doubled, and ticket numbers are unique."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.flight import assert_stored_once, filled_account
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F31", "F34")]

MAILBOXES = 5
MAILS = 20
DRAIN = """
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
for _ in range(3):
    drains.drain_now(WorkKind.POLL, budget_s=60)
    drains.drain_now(WorkKind.PROCESS, budget_s=60)
"""


def test_four_workers_at_five_mailboxes_double_nothing(installation: Installation, dovecot: Any) -> None:
    users = [filled_account(dovecot, number=MAILS) for _ in range(MAILBOXES)]
    arguments = ("--existing", "open")
    mailbox_ids = [installation.add_mailbox(user, *arguments, port=dovecot.imaps_port) for user in users]
    installation.script(
        "from helpdesk.tenancy.models import WorkItem\n"
        "from helpdesk.lib import clock\n"
        "from helpdesk.accounts.models import Organization\n"
        "from helpdesk.tenancy.scope import organization_scope\n"
        "from mailboxes.models import Mailbox\n"
        "from mailboxes.services.mailboxes import resume_mailbox\n"
        "with organization_scope(Organization.objects.get(slug='fernhollow').id):\n"
        f"    for mailbox in Mailbox.objects.filter(id__in={mailbox_ids}): resume_mailbox(mailbox)"
    )
    workers = [installation.start_script(DRAIN) for _ in range(4)]
    assert {worker.wait().code for worker in workers} == {0}
    for mailbox_id in mailbox_ids:
        installation.succeed("poll_mailbox", mailbox_id, "--process")
        assert_stored_once(installation, mailbox_id, number=MAILS)
    outcomes = installation.rows(
        "SELECT outcome, count(*) FROM mailboxes_remotemessage WHERE mailbox_id >= %s GROUP BY outcome", mailbox_ids[0]
    )
    assert dict(outcomes) == {"created": MAILBOXES * MAILS}
    numbers = installation.rows("SELECT number FROM ticketing_ticket")
    assert len(numbers) == len(set(numbers))
