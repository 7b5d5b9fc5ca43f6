"""What killed workers leave in storage goes, whoever is killed while removing it; what rows point to stays."""

from __future__ import annotations

import pytest

from tests.faults.harness import SLUG, Ended, Installation
from tests.faults.intake import assert_files_are_there, start_processing, store_backlog

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F24")]


def strays(installation: Installation) -> set[str]:
    """The attachments' files that no row points to."""
    files = {str(path.relative_to(installation.files)) for path in installation.files.glob("blobs/*/*/*")}
    return files - {key for (key,) in installation.rows("SELECT storage_key FROM ticketing_blob")}


def sweep(installation: Installation, *, in_days: int, fault: str = "") -> Ended:
    """The sweep of stray files, as it is on that day."""
    code = f"""
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import stray_files
with clock.held_at(clock.now() + timedelta(days={in_days})):
    stray_files.sweep_now(Organization.objects.get(slug={SLUG!r}).pk)
"""
    return installation.start_script(code, fault=fault).wait()


def test_files_of_a_killed_worker_are_removed_though_the_sweep_is_killed_too(installation: Installation) -> None:
    mailbox_id = store_backlog(installation, "strays", mails=20)
    assert start_processing(installation, mailbox_id, fault="intake.files:kill:3").wait().was_killed
    assert start_processing(installation, mailbox_id).wait().code == 0
    left = strays(installation)
    assert left
    assert sweep(installation, in_days=3).code == 0
    assert strays(installation) == left
    assert sweep(installation, in_days=11, fault="strays.removed:kill").was_killed
    assert sweep(installation, in_days=12).code == 0
    assert strays(installation) == set()
    assert installation.rows("SELECT count(*) FROM tenancy_strayfile") == [(0,)]
    assert_files_are_there(installation)
