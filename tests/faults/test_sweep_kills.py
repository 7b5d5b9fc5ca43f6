"""The sweep of files that no row points to is killed between a file and its mark: what rows point to stays."""

from __future__ import annotations

import pytest

from tests.faults.harness import SLUG, Installation
from tests.faults.intake import store_backlog

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F32")]
MAILS = 3
MARK = f"""
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock, files
from helpdesk.tenancy import stray_files
from helpdesk.tenancy.scope import organization_scope
organization_id = Organization.objects.get(slug={SLUG!r}).id
key = files.write_durably(f"raw/{{organization_id}}", b"nobody's")
long_ago = clock.now() - stray_files.GRACE - timedelta(hours=1)
with clock.held_at(long_ago), organization_scope(organization_id):
    stray_files.mark([key])
print(key)
"""
END_LEASE = """
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem
WorkItem.objects.filter(kind="sweep_files").update(leased_until=clock.now())
"""


def test_a_sweep_killed_after_a_removal_takes_nothing_else_and_goes_on(installation: Installation) -> None:
    mailbox_id = store_backlog(installation, "sweep", mails=MAILS)
    key = installation.script(MARK).strip()
    sweep = ("sweep_files", "--organization", SLUG)
    assert installation.manage(*sweep, fault="strays.removed:kill").was_killed
    marks = "SELECT count(*) FROM tenancy_strayfile WHERE key = %s"
    assert (installation.rows(marks, key), (installation.files / key).exists()) == ([(1,)], False)
    installation.script(END_LEASE)
    installation.succeed(*sweep)
    assert installation.rows(marks, key) == [(0,)]
    kept = installation.rows("SELECT storage_key FROM mailboxes_rawmessage WHERE mailbox_id = %s", mailbox_id)
    assert [(installation.files / key).is_file() for (key,) in kept] == [True] * MAILS
