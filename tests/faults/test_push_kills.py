"""Whoever takes a posted mail dies before the answer: the program posts it again, and it is there once."""

from __future__ import annotations

import pytest

from tests.factories.incoming import make_mail
from tests.faults.bringing import make_brought
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both]


@pytest.mark.parametrize(
    ("fault", "status"),
    [("receive.files_durable:kill", 202), ("receive.in_store:kill", 202), ("receive.committed:kill", 200)],
)
def test_a_post_that_was_killed_is_there_once_after_the_next(
    installation: Installation, fault: str, status: int
) -> None:
    brought = make_brought(installation)
    content = make_mail()
    assert brought.post(content, fault=fault).was_killed
    assert len(brought.sighting_ids()) == (status == 200)
    again = brought.post(content)
    assert again.output.split() == [str(status), str(brought.sighting_ids()[0])], again.errors
    brought.assert_there_once(content)
