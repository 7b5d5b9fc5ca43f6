"""A poll is killed at each step of a back-fill: each message of the days comes once, and the counts stay true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from tests.faults.flight import assert_all_there_once, filled_account
from tests.faults.harness import SLUG, Installation, in_turn_or_alone

pytestmark = [pytest.mark.servers]
MAILS, OLDER = 12, 5
_ASK = f"""
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.reading.back_fills import count_days, import_days
from mailboxes.services.setup.mailboxes import resume_mailbox
from tests.factories.people import make_member
organization = Organization.objects.get(slug={SLUG!r})
actor = make_member(organization, email=f"{{clock.now().timestamp()}}@fernhollow.test")
with organization_scope(organization.pk):
    mailbox = Mailbox.objects.get(pk=MAILBOX_ID)
    if not mailbox.is_enabled:
        resume_mailbox(mailbox)
        mailbox.refresh_from_db()
"""
_COUNT = """
    days = {"since": clock.now() - timedelta(days=2), "before": clock.now() + timedelta(days=1)}
    count_days(mailbox, **days, actor=actor)"""
_IMPORT = "    import_days(mailbox, actor=actor)"
RECORDING = [
    "backfill.let_in:kill",
    "poll.sighted:kill",
    "backfill.recorded:kill",
    "poll.fetched:kill",
    "poll.in_store:kill",
]


@pytest.mark.both
@in_turn_or_alone(RECORDING)
def test_days_are_imported_once_whoever_is_killed_at_it(
    installation: Installation, dovecot: Any, kills: list[str]
) -> None:
    user = filled_account(dovecot, number=MAILS)
    with dovecot.client(user) as client:
        for n in range(OLDER):
            client.append("INBOX", f"Subject: Older {n}\r\n\r\n".encode(), msg_time=clock.now() - timedelta(days=30))
    mailbox_id = installation.add_mailbox(user, "--existing", "ignore", port=dovecot.imaps_port)
    installation.poll(mailbox_id)
    ask = _ASK.replace("MAILBOX_ID", str(mailbox_id))
    installation.script(f"{ask}{_COUNT}\n")
    assert installation.manage("poll_mailbox", mailbox_id, fault="backfill.counted:kill").was_killed
    installation.poll(mailbox_id)
    wish = "SELECT state, listed, missing FROM mailboxes_backfill WHERE mailbox_id = %s"
    assert installation.rows(wish, mailbox_id) == [("counted", MAILS, MAILS)]
    installation.script(f"{ask}{_IMPORT}\n")
    for fault in kills:
        assert installation.manage("poll_mailbox", mailbox_id, fault=fault).was_killed, fault
    installation.poll(mailbox_id)
    installation.poll(mailbox_id)
    assert_all_there_once(installation, mailbox_id, number=MAILS)
    assert installation.rows(wish, mailbox_id) == [("done", MAILS, MAILS)]
    left = installation.rows("SELECT count FROM mailboxes_ignoredrange WHERE mailbox_id = %s", mailbox_id)
    assert left == [(OLDER,)]
    seen = installation.rows(
        "SELECT count(*), sum(CASE WHEN is_history THEN 1 ELSE 0 END) FROM mailboxes_remotemessage"
        " WHERE mailbox_id = %s",
        mailbox_id,
    )
    assert seen == [(MAILS, MAILS)]
