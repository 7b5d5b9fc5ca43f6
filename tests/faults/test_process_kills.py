"""Workers are killed at each step of intake in turn with 200 mails waiting: none is lost, none is doubled."""

from __future__ import annotations

import pytest

from tests.faults.harness import Installation, in_turn_or_alone
from tests.faults.intake import assert_files_are_there, assert_processed_once, start_processing, store_backlog

pytestmark = [pytest.mark.servers, pytest.mark.req("F32", "F34", "S1.17")]

# A point, and the how-manieth time it is reached: behind what those who died before have left half done.
KILLS = [
    "intake.claimed:kill:12",
    "intake.parsed:kill:12",
    "intake.files:kill:12",
    "files.written:kill:12",
    "intake.numbered:kill:12",
    "intake.written:kill:12",
    "intake.committed:kill:12",
]
SMALL = [
    "intake.claimed:kill:3",
    "intake.parsed:kill:3",
    "intake.files:kill:3",
    "files.written:kill:3",
    "intake.numbered:kill:3",
    "intake.written:kill:3",
    "intake.committed:kill:3",
]


@in_turn_or_alone(KILLS)
def test_intake_killed_at_each_step_loses_and_doubles_nothing(installation: Installation, kills: list[str]) -> None:
    mailbox_id = store_backlog(installation, f"kills{len(kills)}-{kills[0].partition(':')[0]}")
    deaths = [start_processing(installation, mailbox_id, fault=fault).wait() for fault in kills]
    assert all(death.was_killed for death in deaths)
    assert start_processing(installation, mailbox_id).wait().code == 0
    assert_processed_once(installation, mailbox_id)
    assert_files_are_there(installation)


@pytest.mark.both
@pytest.mark.parametrize("fault", SMALL)
def test_a_small_intake_killed_loses_and_doubles_nothing(installation: Installation, fault: str) -> None:
    mailbox_id = store_backlog(installation, f"small-{fault.partition(':')[0]}", mails=20)
    assert start_processing(installation, mailbox_id, fault=fault).wait().was_killed
    assert start_processing(installation, mailbox_id).wait().code == 0
    assert_processed_once(installation, mailbox_id, mails=20)
    assert_files_are_there(installation)


@pytest.mark.both
@pytest.mark.req("F31")
@pytest.mark.parametrize("point", ["intake.parsed", "intake.files"])
def test_a_worker_stopped_past_its_lease_changes_nothing_when_it_goes_on(
    installation: Installation, point: str
) -> None:
    mailbox_id = store_backlog(installation, f"stop-{point}", mails=10)
    stopped = start_processing(installation, mailbox_id, fault=f"{point}:stop")
    stopped.wait_until_stopped()
    assert start_processing(installation, mailbox_id).wait().code == 0
    assert stopped.go_on().code == 0
    assert_processed_once(installation, mailbox_id, mails=10)


@pytest.mark.both
@pytest.mark.req("F6", "F24")
def test_a_mail_that_kills_every_worker_ends_in_quarantine_and_the_rest_goes_on(installation: Installation) -> None:
    mailbox_id = store_backlog(installation, "poison", mails=5)
    for _ in range(3):
        assert start_processing(installation, mailbox_id, fault="intake.parsed:kill").wait().was_killed
        installation.script("from helpdesk.tenancy.models import WorkItem; from helpdesk.lib import clock\n"
                            "WorkItem.objects.filter(kind='process').exclude(leased_until=None)"
                            ".update(leased_until=clock.now(), due_at=clock.in_seconds(-3600))")  # fmt: skip
    assert start_processing(installation, mailbox_id).wait().code == 0
    outcomes = installation.rows(
        "SELECT outcome, count(*) FROM mailboxes_remotemessage WHERE mailbox_id = %s GROUP BY outcome", mailbox_id
    )
    assert dict(outcomes)["failed"] == 1
    assert sum(count for _, count in outcomes) == 5
