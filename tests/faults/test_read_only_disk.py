"""Files lie on a disk that became read-only, as the system makes it after an error: nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.faults.flight import MAILS, assert_stored_once, filled_account
from tests.faults.harness import REPOSITORY, Installation

# Mounting needs a namespace of one's own, which many containers refuse: only in `make test-all`.
pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.long, pytest.mark.req("F51")]

MOUNT = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


def poll_read_only(installation: Installation, mailbox_id: int) -> subprocess.CompletedProcess[str]:
    """A poll for which the files' folder is on a read-only disk has ended."""
    poll = (sys.executable, "manage.py", "poll_mailbox", str(mailbox_id), "--process")
    return subprocess.run(
        ("unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, str(installation.files), *poll),
        cwd=REPOSITORY,
        env=installation.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_read_only_disk_is_said_and_nothing_is_lost(installation: Installation, dovecot: Any) -> None:
    mailbox_id = installation.add_mailbox(filled_account(dovecot), "--existing", "open", port=dovecot.imaps_port)
    installation.files.mkdir(exist_ok=True)
    for _ in range(2):
        refused = poll_read_only(installation, mailbox_id)
        assert refused.returncode == 1
        assert refused.stderr.count("\n") == 1
        assert "The data folder of this installation cannot be written" in refused.stderr, refused.stderr
    assert installation.rows("SELECT count(*) FROM mailboxes_rawmessage WHERE mailbox_id = %s", mailbox_id) == [(0,)]
    installation.poll(mailbox_id)
    assert_stored_once(installation, mailbox_id, number=MAILS)
