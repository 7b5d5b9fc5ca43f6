"""A worker dies, or stands still past its lease, while it polls over a connection that it had kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.flight import assert_all_there_once, filled_account
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F31", "F32", "F68")]
MAILS = 20
# Polls the mailbox as a worker does, again and again: each is due at once, and all but the first use what was kept.
WORK = """
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.reading.kept import KEPT
from mailboxes.services.setup.mailboxes import resume_mailbox

with organization_scope(Organization.objects.get(slug="fernhollow").id):
    resume_mailbox(Mailbox.objects.get(id={mailbox_id}))
for _ in range(3):
    WorkItem.objects.filter(kind=WorkKind.POLL, row_id={mailbox_id}, leased_until=None).update(due_at=clock.now())
    drains.drain_now(WorkKind.POLL, row_ids=[{mailbox_id}])
    print(len(KEPT), flush=True)
"""


def connect(installation: Installation, dovecot: Any) -> int:
    """A mailbox with mail, polled by nobody yet."""
    user = filled_account(dovecot, number=MAILS)
    return installation.add_mailbox(user, "--existing", "open", port=dovecot.imaps_port)


def test_what_is_kept_serves_every_poll_of_a_worker_and_ends_with_it(installation: Installation, dovecot: Any) -> None:
    mailbox_id = connect(installation, dovecot)
    ended = installation.start_script(WORK.format(mailbox_id=mailbox_id)).wait()
    assert (ended.code, ended.output.split()) == (0, ["1", "1", "1"])
    assert_all_there_once(installation, mailbox_id, number=MAILS)


@pytest.mark.parametrize("fault", ["poll.in_store:kill", "poll.opened:kill:2", "health.recorded:kill:2"])
def test_a_worker_killed_with_a_kept_connection_loses_and_doubles_nothing(
    installation: Installation, dovecot: Any, fault: str
) -> None:
    mailbox_id = connect(installation, dovecot)
    assert installation.start_script(WORK.format(mailbox_id=mailbox_id), fault=fault).wait().was_killed
    assert installation.poll(mailbox_id)["errors"] == []
    assert_all_there_once(installation, mailbox_id, number=MAILS)


def test_a_worker_that_lost_its_lease_keeps_nothing(installation: Installation, dovecot: Any) -> None:
    mailbox_id = connect(installation, dovecot)
    stopped = installation.start_script(WORK.format(mailbox_id=mailbox_id), fault="poll.opened:stop:2")
    stopped.wait_until_stopped()
    installation.poll(mailbox_id)
    ended = stopped.go_on()
    assert (ended.code, ended.output.split()[1]) == (0, "0")
    assert_all_there_once(installation, mailbox_id, number=MAILS)
