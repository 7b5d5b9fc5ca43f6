"""What is done on the server once our copy is safe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.req("F33")
def test_what_is_to_be_done_on_the_server_is_done_after_the_commit_and_once(fake: Any) -> None:
    fake.connect(after_import="seen")
    fake.source.put(mail(1))
    fake.poll()
    fake.poll()
    assert fake.source.acknowledged == [("seen", "1")]
    assert fake.sightings()[0].ack_state == "done"


@pytest.mark.req("S2.5", "S5.64", "F51")
def test_deleting_waits_for_a_later_pass_than_the_commit(fake: Any) -> None:
    fake.connect(after_import="delete", after_import_days=0)
    fake.source.put(mail(1))
    fake.poll()
    assert fake.source.acknowledged == []
    fake.poll()
    assert fake.source.acknowledged == [("delete", "1")]


@pytest.mark.req("S5.64")
def test_deleting_waits_for_the_chosen_days(fake: Any) -> None:
    fake.connect(after_import="delete", after_import_days=2)
    fake.source.put(mail(1))
    fake.poll()
    with clock.held_at(clock.now() + timedelta(days=1)):
        fake.poll()
    assert fake.source.acknowledged == []
    with clock.held_at(clock.now() + timedelta(days=2, minutes=1)):
        fake.poll()
    assert fake.source.acknowledged == [("delete", "1")]


@pytest.mark.req("F33", "F46", "F47")
def test_a_refused_after_import_step_is_a_warning_tried_again_and_no_new_import(fake: Any) -> None:
    fake.connect(after_import="move", after_import_folder="Gone")
    fake.source.ack_error = ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True, detail="no such folder")
    fake.source.put(mail(1))
    fake.poll()
    sighting = fake.sightings()[0]
    assert (sighting.ack_state, sighting.ack_error) == ("failed", "no such folder")
    fake.source.ack_error = None
    with clock.held_at(clock.now() + timedelta(hours=1, minutes=1)):
        counts = fake.poll()
    assert (counts.stored, fake.sightings()[0].ack_state, fake.raw_count()) == (0, "done", 1)


def test_what_a_server_without_uidplus_leaves_marked_is_done_with_a_note(fake: Any) -> None:
    fake.connect(after_import="move", after_import_folder="Archive")
    fake.source.ack_error = ConnectorError(Reason.NOT_EXPUNGED, permanent=True)
    fake.source.put(mail(1))
    fake.poll()
    sighting = fake.sightings()[0]
    assert (sighting.ack_state, sighting.ack_reason, sighting.ack_error) == ("done", "not_expunged", "")


def test_a_refused_after_import_step_is_tried_again_after_the_clock_stepped_back(fake: Any) -> None:
    fake.connect(after_import="move", after_import_folder="Gone")
    fake.source.ack_error = ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True)
    fake.source.put(mail(1))
    with clock.held_at(clock.now() + timedelta(days=40)):
        fake.poll()
    fake.source.ack_error = None
    fake.poll()
    assert fake.sightings()[0].ack_state == "done"


def test_deleting_comes_rather_too_late_than_too_early_when_the_clock_stepped_back(fake: Any) -> None:
    fake.connect(after_import="delete", after_import_days=2)
    fake.source.put(mail(1))
    with clock.held_at(clock.now() + timedelta(days=40)):
        fake.poll()
    fake.poll()
    assert fake.source.acknowledged == []
