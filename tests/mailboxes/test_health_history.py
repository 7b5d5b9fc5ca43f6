"""The connection history of a mailbox: a span for each state, written on changes alone and bounded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.lib import clock, faults
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import HealthSpan
from mailboxes.services.liveness import health_history
from mailboxes.services.setup.mailboxes import pause_mailbox, resume_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both]
UNREACHABLE = ConnectorError(Reason.UNREACHABLE, permanent=False, detail="no route")
THROTTLED = ConnectorError(Reason.THROTTLED, permanent=False)


def spans(fake: Any) -> list[tuple[str, str, int, bool]]:
    """State, reason, tries and whether it is open, oldest first."""
    with organization_scope(fake.organization.id):
        rows = HealthSpan.objects.filter(mailbox_id=fake.mailbox_id).order_by("id")
        return [(row.state, row.reason, row.tries, row.until_at is None) for row in rows]


def poll(fake: Any, trouble: ConnectorError | None = None, *, times: int = 1) -> None:
    fake.source.trouble = trouble
    for _ in range(times):
        fake.poll()


@pytest.mark.req("S4.54", "S4.57", "F69")
def test_each_state_is_a_span_with_reason_and_tries_and_the_last_one_is_open(fake: Any) -> None:
    fake.connect()
    assert fake.mailbox().health_since is None
    poll(fake)
    poll(fake, UNREACHABLE, times=3)
    poll(fake, THROTTLED, times=2)
    poll(fake)
    assert spans(fake) == [
        ("reachable", "", 0, False),
        ("unreachable", "unreachable", 3, False),
        ("throttled", "throttled", 2, False),
        ("reachable", "", 0, True),
    ]


def test_a_span_ends_where_the_next_one_begins(fake: Any) -> None:
    fake.connect()
    for trouble in (None, UNREACHABLE, None):
        poll(fake, trouble)
    with organization_scope(fake.organization.id):
        rows = list(HealthSpan.objects.order_by("id"))
    assert [row.until_at for row in rows] == [row.from_at for row in rows[1:]] + [None]
    assert fake.mailbox().health_since == rows[-1].from_at


@pytest.mark.parametrize("trouble", [None, UNREACHABLE])
def test_a_poll_that_ends_as_the_one_before_writes_no_history(fake: Any, trouble: ConnectorError | None) -> None:
    fake.connect()
    poll(fake, trouble, times=4)
    before = spans(fake)
    with CaptureQueriesContext(connection) as captured:
        poll(fake, trouble)
    assert [query["sql"] for query in captured if "healthspan" in query["sql"]] == []
    assert spans(fake) == before


@pytest.mark.req("S4.26")
def test_a_pause_is_a_span_and_after_it_the_next_poll_says_what_the_mailbox_is(fake: Any) -> None:
    mailbox = fake.connect()
    poll(fake)
    with organization_scope(fake.organization.id):
        pause_mailbox(mailbox)
        pause_mailbox(mailbox)
    poll(fake, UNREACHABLE)  # by hand
    assert spans(fake) == [("reachable", "", 0, False), ("paused", "", 0, True)]
    with organization_scope(fake.organization.id):
        resume_mailbox(mailbox)
    assert fake.mailbox().health_since is None
    assert spans(fake)[-1] == ("paused", "", 0, False)
    poll(fake, UNREACHABLE)
    assert spans(fake)[-1] == ("unreachable", "unreachable", 0, True)


def test_spans_older_than_ninety_days_and_beyond_the_cap_go(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_history, "MAX_SPANS", 4)
    fake.connect()
    for trouble in (None, UNREACHABLE, None, UNREACHABLE, None, UNREACHABLE):
        poll(fake, trouble)
    assert [state for state, *_ in spans(fake)] == ["reachable", "unreachable", "reachable", "unreachable"]
    with clock.held_at(clock.now() + timedelta(days=91)):
        poll(fake)
    assert spans(fake) == [("unreachable", "unreachable", 1, False), ("reachable", "", 0, True)]


@pytest.mark.parametrize("step", [timedelta(hours=2), timedelta(hours=-2)])
def test_no_span_ends_before_it_began_when_the_clock_steps(fake: Any, step: timedelta) -> None:
    fake.connect()
    poll(fake)
    with clock.held_at(clock.now() + step):
        poll(fake, UNREACHABLE)
    poll(fake)
    with organization_scope(fake.organization.id):
        ended = list(HealthSpan.objects.exclude(until_at=None))
    assert all(row.until_at >= row.from_at for row in ended)
    assert len(spans(fake)) == 3


def test_a_worker_killed_before_it_wrote_how_it_went_leaves_no_half_of_it(
    fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.connect()
    poll(fake, UNREACHABLE)

    def point(name: str) -> None:
        if name == "health.recorded":
            raise KeyboardInterrupt

    monkeypatch.setattr(faults, "point", point)
    with pytest.raises(KeyboardInterrupt):
        poll(fake)
    assert spans(fake) == [("unreachable", "unreachable", 0, True)]
    assert fake.mailbox().health == "unreachable"
