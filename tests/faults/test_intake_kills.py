"""Polls are killed at each of their steps in turn with 200 mails in flight: none is lost, none is doubled."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.flight import MAILS, assert_all_there_once, filled_account
from tests.faults.harness import Installation, in_turn_or_alone

pytestmark = [pytest.mark.servers, pytest.mark.req("F32", "F33", "S1.17")]

# A point, and the how-manieth time it is reached: the first batch, or one in the middle. Each poll goes on where the
# one before it died.
FETCHING = [
    "poll.opened:kill",
    "poll.sighted:kill",
    "poll.listed:kill",
    "poll.counted:kill:3",
    "poll.fetched:kill",
    "files.written:kill:7",
    "poll.files_durable:kill",
    "poll.in_store:kill:2",
    "poll.after_store:kill",
    "poll.before_success:kill",
]
ACKNOWLEDGING = ["poll.before_acknowledge:kill", "poll.after_acknowledge:kill", "poll.acknowledged:kill"]


@pytest.fixture(scope="module")
def full_account(_shared_dovecot: Any) -> str:
    """A user whose folder holds the mails; nobody changes it."""
    return filled_account(_shared_dovecot)


@in_turn_or_alone(FETCHING)
def test_polls_killed_while_fetching_lose_and_double_nothing(
    installation: Installation, dovecot: Any, full_account: str, kills: list[str]
) -> None:
    mailbox_id = installation.add_mailbox(full_account, "--existing", "open", port=dovecot.imaps_port)
    deaths = [installation.manage("poll_mailbox", mailbox_id, fault=fault) for fault in kills]
    assert all(death.was_killed for death in deaths)
    counts = installation.poll(mailbox_id)
    assert (counts["failed"], counts["errors"]) == (0, [])
    assert_all_there_once(installation, mailbox_id)


@in_turn_or_alone(ACKNOWLEDGING)
def test_polls_killed_while_telling_the_server_move_everything_once(
    installation: Installation, dovecot: Any, kills: list[str]
) -> None:
    user = filled_account(dovecot)
    arguments = ("--existing", "open", "--after-import", "move:Archive")
    mailbox_id = installation.add_mailbox(user, *arguments, port=dovecot.imaps_port)
    deaths = [installation.manage("poll_mailbox", mailbox_id, fault=fault) for fault in kills]
    assert all(death.was_killed for death in deaths)
    installation.poll(mailbox_id)
    assert_all_there_once(installation, mailbox_id)
    assert len(dovecot.folder_messages(user, "Archive")) == MAILS
    assert dovecot.folder_messages(user) == []


@pytest.mark.both
@pytest.mark.parametrize("fault", ["poll.in_store:kill", "poll.after_store:kill", "poll.files_durable:kill"])
def test_a_small_poll_killed_loses_and_doubles_nothing(installation: Installation, dovecot: Any, fault: str) -> None:
    user = filled_account(dovecot, number=20)
    mailbox_id = installation.add_mailbox(user, "--existing", "open", port=dovecot.imaps_port)
    assert installation.manage("poll_mailbox", mailbox_id, fault=fault).was_killed
    installation.poll(mailbox_id)
    assert_all_there_once(installation, mailbox_id, number=20)


@pytest.mark.parametrize("point", ["poll.listed", "poll.fetched", "poll.files_durable"])
@pytest.mark.req("F31")
def test_a_poll_stopped_past_its_lease_changes_nothing_when_it_goes_on(
    installation: Installation, dovecot: Any, full_account: str, point: str
) -> None:
    mailbox_id = installation.add_mailbox(full_account, "--existing", "open", port=dovecot.imaps_port)
    stopped = installation.start("poll_mailbox", mailbox_id, fault=f"{point}:stop")
    stopped.wait_until_stopped()
    installation.poll(mailbox_id)
    assert_all_there_once(installation, mailbox_id)
    assert '"stored": 0' in stopped.go_on().output
    assert_all_there_once(installation, mailbox_id)


@pytest.mark.both
@pytest.mark.req("F31")
def test_polls_of_one_mailbox_at_once_double_nothing(installation: Installation, dovecot: Any) -> None:
    user = filled_account(dovecot, number=60)
    mailbox_id = installation.add_mailbox(user, "--existing", "open", port=dovecot.imaps_port)
    running = [installation.start("poll_mailbox", mailbox_id) for _ in range(3)]
    assert {poll.wait().code for poll in running} == {0}
    assert_all_there_once(installation, mailbox_id, number=60)
