"""A poll over POP3 is killed at each of its steps; afterwards no mail is lost, none doubled, none deleted unsaved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.flight import assert_all_there_once, empty_account, fill
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F22", "F32", "F33", "F48", "F51")]

MAILS = 12
FETCHING = [
    "poll.opened:kill",
    "poll.sighted:kill",
    "poll.listed:kill",
    "poll.counted:kill",
    "poll.fetched:kill",
    "files.written:kill:5",
    "poll.files_durable:kill",
    "poll.in_store:kill",
    "poll.after_store:kill",
    "poll.before_success:kill",
]
DELETING = ["poll.before_acknowledge:kill", "poll.after_acknowledge:kill", "poll.acknowledged:kill"]


def connected(installation: Installation, dovecot: Any, *arguments: str) -> tuple[int, str]:
    """A mailbox whose mails came after it was connected, and its user."""
    user = empty_account(dovecot)
    mailbox_id = installation.add_mailbox(user, *arguments, port=dovecot.pop3s_port, protocol="pop3")
    fill(dovecot, user, number=MAILS)
    return mailbox_id, user


@pytest.mark.parametrize("fault", FETCHING)
def test_a_poll_killed_while_fetching_loses_and_doubles_nothing(
    installation: Installation, dovecot: Any, fault: str
) -> None:
    mailbox_id, user = connected(installation, dovecot, "--after-import", "delete:0")
    assert installation.manage("poll_mailbox", mailbox_id, fault=fault).was_killed
    assert len(dovecot.folder_messages(user)) == MAILS
    counts = installation.poll(mailbox_id)
    assert (counts["failed"], counts["errors"]) == (0, [])
    assert_all_there_once(installation, mailbox_id, number=MAILS)
    installation.poll(mailbox_id)
    assert dovecot.folder_messages(user) == []


@pytest.mark.parametrize("fault", DELETING)
def test_a_poll_killed_while_deleting_deletes_everything_once_and_imports_nothing_again(
    installation: Installation, dovecot: Any, fault: str
) -> None:
    mailbox_id, user = connected(installation, dovecot, "--after-import", "delete:0")
    installation.poll(mailbox_id)
    assert installation.manage("poll_mailbox", mailbox_id, fault=fault).was_killed
    counts = installation.poll(mailbox_id)
    assert (counts["stored"], counts["errors"]) == (0, [])
    assert dovecot.folder_messages(user) == []
    assert_all_there_once(installation, mailbox_id, number=MAILS)
    left = installation.rows("SELECT ack_state FROM mailboxes_remotemessage WHERE mailbox_id = %s", mailbox_id)
    assert set(left) == {("done",)}


@pytest.mark.req("F31")
def test_polls_of_one_maildrop_at_once_double_nothing(installation: Installation, dovecot: Any) -> None:
    mailbox_id, _user = connected(installation, dovecot)
    running = [installation.start("poll_mailbox", mailbox_id) for _ in range(3)]
    assert {poll.wait().code for poll in running} == {0}
    assert_all_there_once(installation, mailbox_id, number=MAILS)
