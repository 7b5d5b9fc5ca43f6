"""A worker dies while the operator's spam daemon holds its mail: the next one asks again, and nothing is doubled."""

from __future__ import annotations

import pytest

from helpdesk.spam_daemon.values import Kind
from tests.fakes.spam_daemon import CLEAN, FakeSpamDaemon
from tests.faults.harness import Installation, Running
from tests.faults.intake import PROCESS, assert_processed_once, store_backlog
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.req("F32")]
MAILS = 5
WITH_DAEMON = """
from django.conf import settings
from helpdesk.spam_daemon.values import Daemon, Kind

settings.SPAM_DAEMON = Daemon(Kind.RSPAMD, "127.0.0.1", {port}, timeout_s=60.0)
"""


def work(installation: Installation, mailbox_id: int, daemon: FakeSpamDaemon) -> Running:
    """A worker that asks this daemon."""
    asking = WITH_DAEMON.format(port=daemon.as_set().port)
    return installation.start_script(asking + PROCESS.format(mailbox_id=mailbox_id))


def shown(daemon: FakeSpamDaemon) -> list[bytes]:
    """The mails that it was asked about."""
    return [request.partition(b"\r\n\r\n")[2] for request in daemon.requests]


@pytest.mark.both
def test_a_worker_killed_while_the_spam_daemon_is_asked_loses_and_doubles_nothing(installation: Installation) -> None:
    mailbox_id = store_backlog(installation, "asking", mails=MAILS)
    with FakeSpamDaemon(Kind.RSPAMD, None) as silent:
        worker = work(installation, mailbox_id, silent)
        wait_until(lambda: bool(silent.requests), timeout_s=60, what="the question")
        assert worker.kill().was_killed
    with FakeSpamDaemon(Kind.RSPAMD, CLEAN[Kind.RSPAMD]) as daemon:
        assert work(installation, mailbox_id, daemon).wait().code == 0
    assert_processed_once(installation, mailbox_id, mails=MAILS)
    assert set(shown(silent)) <= set(shown(daemon))
    assert len(shown(daemon)) == MAILS - 1  # the last is an answer, about which nobody asks
