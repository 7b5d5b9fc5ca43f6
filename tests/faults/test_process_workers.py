"""Several workers at one backlog: nothing doubled, numbers unique, answers with what they answer."""

from __future__ import annotations

import pytest

from tests.faults.harness import Installation
from tests.faults.intake import assert_files_are_there, assert_processed_once, start_processing, store_backlog

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F31", "F34")]


def test_four_workers_at_one_backlog_double_nothing(installation: Installation) -> None:
    mailbox_id = store_backlog(installation, "crowd", mails=100)
    workers = [start_processing(installation, mailbox_id) for _ in range(4)]
    assert {worker.wait().code for worker in workers} == {0}
    assert_processed_once(installation, mailbox_id, mails=100)
    assert_files_are_there(installation)
