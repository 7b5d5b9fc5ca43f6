"""Delivery is killed at each of its steps in turn with many mails in flight: everybody gets it once, or it is said that
nobody knows; and nobody is unknown but for a death after the mark."""

from __future__ import annotations

import json
from itertools import count

import pytest

from tests.faults.harness import COMMAND_TIMEOUT_S, Ended, Installation, in_turn_or_alone
from tests.faults.sending import Batch, assert_never_twice, assert_once_or_unknown, queue_batch
from tests.servers.smtp import SmtpServer
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.req("F106", "F32")]
_numbers = count(1)
EACH = 2
# A point, the how-manieth time it is reached, and how many recipients are unknown for it afterwards.
KILLS = [
    ("deliver.begun:kill:20", 0),
    ("deliver.before_mark:kill:7", 0),
    ("deliver.marked:kill:33", EACH),
    ("deliver.answered:kill:5", EACH),
    ("deliver.recorded:kill:11", 0),
]
SMALL = [
    ("deliver.begun:kill", 0),
    ("deliver.before_mark:kill:2", 0),
    ("deliver.marked:kill", EACH),
    ("deliver.answered:kill:2", EACH),
    ("deliver.recorded:kill:2", 0),
]


def new_batch(installation: Installation, server: SmtpServer, *, number: int = 60) -> Batch:
    return queue_batch(installation, server, domain=f"d{next(_numbers)}.test", number=number, each=EACH)


def deliver(installation: Installation, fault: str, *, wait_s: float = 0) -> Ended:
    """A worker that does not stop for want of time."""
    return installation.manage("deliver_outbox", "--budget", COMMAND_TIMEOUT_S, "--wait", wait_s, fault=fault)


def deliver_rest(installation: Installation) -> None:
    """What fresh workers do, once the lease of the dead one has run out, until nothing is left."""
    while True:
        done = json.loads(installation.succeed("deliver_outbox", "--wait", 2.5))
        if not done["due"] and not done["tried"]:
            return


@in_turn_or_alone(KILLS)
def test_workers_killed_among_two_hundred_mails_double_and_lose_nothing(
    installation: Installation, smtp_server: SmtpServer, kills: list[tuple[str, int]]
) -> None:
    batch = new_batch(installation, smtp_server, number=200)
    deaths = [deliver(installation, fault, wait_s=2.5) for fault, _ in kills]
    assert all(death.was_killed for death in deaths)
    deliver_rest(installation)
    unknown = sum(unknown for _, unknown in kills)
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=unknown)


@pytest.mark.both
@pytest.mark.parametrize(("fault", "unknown"), SMALL)
def test_a_small_delivery_killed_at_any_step_doubles_and_loses_nothing(
    installation: Installation, smtp_server: SmtpServer, fault: str, unknown: int
) -> None:
    batch = new_batch(installation, smtp_server, number=5)
    assert deliver(installation, fault).was_killed
    deliver_rest(installation)
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=unknown)


@pytest.mark.both
def test_two_workers_send_nothing_twice(installation: Installation, smtp_server: SmtpServer) -> None:
    batch = new_batch(installation, smtp_server)
    workers = [installation.start("deliver_outbox") for _ in range(3)]
    ended = [worker.wait() for worker in workers]
    # SQLite sends a worker away that has waited for the others too long.
    assert [each.errors for each in ended if each.code and "database is locked" not in each.errors] == []
    deliver_rest(installation)
    assert_never_twice(batch, installation=installation, server=smtp_server)


@pytest.mark.both
def test_a_worker_stopped_past_its_lease_before_the_mark_sends_nothing(
    installation: Installation, smtp_server: SmtpServer
) -> None:
    batch = new_batch(installation, smtp_server, number=4)
    stopped = installation.start("deliver_outbox", fault="deliver.before_mark:stop:2")
    stopped.wait_until_stopped()
    deliver_rest(installation)
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=0)
    assert stopped.go_on().code == 0
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=0)


@pytest.mark.both
def test_a_worker_stopped_past_its_lease_after_the_mark_changes_nothing_that_was_written_since(
    installation: Installation, smtp_server: SmtpServer
) -> None:
    batch = new_batch(installation, smtp_server, number=4)
    stopped = installation.start("deliver_outbox", fault="deliver.marked:stop:2")
    stopped.wait_until_stopped()
    deliver_rest(installation)
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=EACH)
    assert stopped.go_on().code == 0
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=EACH)
    assert batch.arrivals(smtp_server).total() <= batch.recipients


def test_a_server_that_restarts_in_the_middle_loses_and_doubles_nothing(
    installation: Installation, smtp_server: SmtpServer
) -> None:
    batch = new_batch(installation, smtp_server)
    worker = installation.start("deliver_outbox", "--wait", 8)
    smtp_server.wait_for(10, timeout_s=60)
    smtp_server.restart()
    worker.wait()
    assert_never_twice(batch, installation=installation, server=smtp_server)


def test_a_long_content_keeps_its_lease(installation: Installation, smtp_server: SmtpServer) -> None:
    smtp_server.behave(delays_s={"end": 4})
    batch = new_batch(installation, smtp_server, number=1)
    slow = installation.start("deliver_outbox")
    wait_until(lambda: batch.marked(installation) == EACH, timeout_s=30, what="the mark")
    smtp_server.behave(delays_s={})
    other = installation.succeed("deliver_outbox", "--wait", 3)
    slow.wait()
    assert json.loads(other)["tried"] == 0
    assert_once_or_unknown(batch, installation=installation, server=smtp_server, unknown=0)
