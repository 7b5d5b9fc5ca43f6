"""The clock steps back and forth while mail comes in and goes out: nothing is lost, doubled or put off for long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxRecipient
from tests.factories.outgoing import make_outgoing_server, queue_mail
from ticketing.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
KINDS = (WorkKind.POLL, WorkKind.PROCESS, WorkKind.DELIVER)
POINTS = ("poll.opened", "poll.fetched", "poll.after_acknowledge", "intake.parsed", "deliver.begun", "deliver.answered")
MAILS = 5


class Clock:
    """The machine's clock, which somebody sets; `monotonic` goes on as it does."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        """What it shows."""
        return datetime.now(UTC) + self.off

    def step(self, hours: float) -> None:
        """It shows so many hours more, or less."""
        self.off += timedelta(hours=hours)


@pytest.fixture
def stepping(monkeypatch: pytest.MonkeyPatch) -> Clock:
    steps = Clock()
    monkeypatch.setattr(clock, "now", steps.now)
    return steps


@pytest.fixture
def desk(account: Any, smtp_server: Any) -> Any:
    """An account that is polled, whose mails are marked as read, and an outgoing server."""
    account.connect(after_import="seen")
    with organization_scope(account.organization.id):
        account.outgoing = make_outgoing_server(smtp_server.port, host="localhost", security="starttls")
    account.smtp = smtp_server
    return account


def come_and_go(desk: Any, *numbers: int) -> None:
    """Mails of these numbers have arrived at the server, and as many wait to leave."""
    desk.deliver(*numbers)
    with organization_scope(desk.organization.id):
        for number in numbers:
            queue_mail(desk.outgoing, to=[f"{number}@customer.test"])


def work_off() -> None:
    """What the workers find to do at this moment."""
    for kind in KINDS:
        drains.drain_now(kind)


def arrivals(desk: Any) -> Counter[str]:
    return Counter(address for mail in desk.smtp.received for address in mail.recipients)


def assert_all_came_in_once(desk: Any, number: int) -> None:
    assert [outcome for _, outcome in desk.outcomes()] == ["created"] * number
    assert desk.raw_count() == number
    with organization_scope(desk.organization.id):
        assert sorted(Ticket.objects.values_list("number", flat=True)) == list(range(1, number + 1))
    assert all("\\Seen" in stored.flags for stored in desk.server.folder_messages(desk.user))


@pytest.mark.both
def test_between_the_rounds_of_the_workers_it_steps_and_each_round_brings_what_is_new(
    desk: Any, stepping: Clock
) -> None:
    for number, hours in enumerate([2, -3, 24 * 40, -24 * 50, 0.1, 24 * 365, -24 * 365], start=1):
        stepping.step(hours)
        come_and_go(desk, number)
        work_off()
        assert_all_came_in_once(desk, number)
        assert arrivals(desk) == {f"{n}@customer.test": 1 for n in range(1, number + 1)}


@pytest.mark.parametrize("hours", [-48, 48])
@pytest.mark.parametrize("point", POINTS)
def test_in_the_middle_of_the_work_it_steps_and_the_next_rounds_end_it(
    desk: Any, stepping: Clock, monkeypatch: pytest.MonkeyPatch, point: str, hours: float
) -> None:
    monkeypatch.setattr(faults, "point", _once_at(point, then=lambda: stepping.step(hours)))
    come_and_go(desk, *range(1, MAILS + 1))
    for _round in range(4):
        work_off()
        stepping.step(0.5)  # what was claimed before a step forward is free by then
    assert stepping.off == timedelta(hours=hours + 2)
    assert_all_came_in_once(desk, MAILS)
    with organization_scope(desk.organization.id):
        states = Counter(OutboxRecipient.objects.values_list("state", flat=True))
    # A lease that runs out between the server's answer and its record leaves a mail of which nobody knows.
    unknown = 1 if point == "deliver.answered" and hours > 0 else 0
    assert states == Counter({"sent": MAILS - unknown} | ({"unknown": 1} if unknown else {}))
    assert arrivals(desk) == {f"{n}@customer.test": 1 for n in range(1, MAILS + 1)}


def _once_at(point: str, *, then: Callable[[], None]) -> Callable[[str], None]:
    left = [point]

    def reach(name: str) -> None:
        if name in left:
            left.remove(name)
            then()

    return reach
