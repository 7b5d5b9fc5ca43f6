"""A mail whose parsing never ends: its process is killed by the time limit of the queue, and it ends in quarantine."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.faults.harness import REPOSITORY, SLUG, Installation
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.req("F6", "F10", "F24")]
STORE = f"""
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from tests.factories.incoming import make_mail, store
from tests.factories.outgoing import make_mailbox
from tests.faults.hanging_worker import HANGS

with organization_scope(Organization.objects.get(slug={SLUG!r}).id):
    mailbox = make_mailbox(address="hanging@fernhollow.test")
    store(mailbox, HANGS + b"\\r\\n" + make_mail(message_id="hangs@x.test"))
    for n in range(5):
        store(mailbox, make_mail(message_id=f"fine.{{n}}@x.test", sender=f"fine.{{n}}@customer.test"))
    print(mailbox.id)
"""
SWEEP = "from helpdesk.tenancy import drains; drains.sweep()"
OUTCOMES = "SELECT outcome, reason_code, count(*) FROM mailboxes_remotemessage WHERE mailbox_id = %s GROUP BY 1, 2"
IN_ORDER = "SELECT outcome FROM mailboxes_remotemessage WHERE mailbox_id = %s ORDER BY decided_at"
TIMEOUT_S = 90


@pytest.fixture
def intake_worker(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """The worker of the inbound queue as it is run, with two processes; what it waits for too long it kills."""
    celery = (sys.executable, "-m", "celery", "-A", "tests.faults.hanging_worker:app", "worker", "-n", "hanging@test")
    options = ("-Q", "inbound", "-P", "prefork", "-c", "2", "--without-gossip", "--without-mingle", "-l", "critical")
    worker = subprocess.Popen((*celery, *options), cwd=REPOSITORY, env=installation.environment)
    yield worker
    worker.send_signal(signal.SIGQUIT)
    worker.wait(timeout=TIMEOUT_S)


@pytest.mark.usefixtures("intake_worker")
def test_a_mail_that_hangs_ends_in_quarantine_and_the_next_ones_go_on_meanwhile(installation: Installation) -> None:
    mailbox_id = int(installation.script(STORE))

    def seen() -> dict[tuple[str, str], int]:
        installation.script(SWEEP)
        return {(outcome, reason): count for outcome, reason, count in installation.rows(OUTCOMES, mailbox_id)}

    wait_until(lambda: ("failed", "deadly") in seen(), timeout_s=TIMEOUT_S, what="the quarantine")
    assert installation.rows(IN_ORDER, mailbox_id) == [("created",)] * 5 + [("failed",)]
    log = installation.succeed("inbound_log", "--organization", SLUG, "--mailbox", mailbox_id).splitlines()
    (line,) = [line for line in log if '"outcome": "failed"' in line]
    assert "its worker died 3 times" in line
