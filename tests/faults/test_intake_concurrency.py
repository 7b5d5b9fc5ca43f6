"""Several workers at the same mailboxes: nothing is doubled, and ticket numbers are unique."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.flight import assert_stored_once, filled_account
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F31", "F34")]

MAILBOXES = 5
MAILS = 20
RESUME = """
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.setup.mailboxes import resume_mailbox
with organization_scope(Organization.objects.get(slug="fernhollow").id):
    for mailbox in Mailbox.objects.filter(id__in={mailbox_ids}):
        resume_mailbox(mailbox)
"""
WORK = """
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.services.reading.foreground import poll_now
drains.drain_now(WorkKind.POLL, budget_s=60, row_ids={mailbox_ids})
for mailbox_id in {mailbox_ids}:
    poll_now(mailbox_id, is_processed=True, wait_s=60)
"""


def test_four_workers_at_five_mailboxes_double_nothing(installation: Installation, dovecot: Any) -> None:
    users = [filled_account(dovecot, number=MAILS) for _ in range(MAILBOXES)]
    arguments = ("--existing", "open")
    mailbox_ids = [installation.add_mailbox(user, *arguments, port=dovecot.imaps_port) for user in users]
    installation.script(RESUME.format(mailbox_ids=mailbox_ids))
    workers = [installation.start_script(WORK.format(mailbox_ids=mailbox_ids)) for _ in range(4)]
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
