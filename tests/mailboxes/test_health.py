"""What a mailbox says of itself after failures and after recovery, and who is told."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox

from helpdesk.accounts.models import AuditEntry, Organization
from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.services.reading.foreground import Busy
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]
UNREACHABLE = ConnectorError(Reason.UNREACHABLE, permanent=False, detail="no route")


def pause(mailbox_id: int) -> timedelta:
    return WorkItem.objects.get(kind=WorkKind.POLL, row_id=mailbox_id).due_at - clock.now()


def test_a_success_is_reachable_and_due_after_the_interval(fake: Any) -> None:
    fake.connect(poll_interval_s=100)
    fake.poll()
    mailbox = fake.mailbox()
    assert (mailbox.health, mailbox.failures_in_row) == ("reachable", 0)
    assert timedelta(seconds=85) < pause(mailbox.id) <= timedelta(seconds=100)


@pytest.mark.req("F69", "F71")
def test_a_failure_says_why_and_pauses_grow_to_half_an_hour(fake: Any) -> None:
    mailbox = fake.connect(poll_interval_s=100)
    fake.source.trouble = UNREACHABLE
    assert fake.poll().errors == ["unreachable: no route"]
    first = pause(mailbox.id)
    fake.poll()
    second = pause(mailbox.id)
    fake.set(failures_in_row=40)
    fake.poll()
    mailbox = fake.mailbox()
    assert (mailbox.health, mailbox.error_reason, mailbox.error_detail) == ("unreachable", "unreachable", "no route")
    assert first <= timedelta(seconds=100) < second <= timedelta(seconds=200)
    assert timedelta(minutes=20) < pause(mailbox.id) <= timedelta(minutes=30)


@pytest.mark.req("F69")
def test_a_success_clears_everything(fake: Any) -> None:
    fake.connect()
    fake.source.trouble = UNREACHABLE
    fake.poll()
    fake.source.trouble = None
    fake.poll()
    mailbox = fake.mailbox()
    assert (mailbox.health, mailbox.failures_in_row, mailbox.error_reason) == ("reachable", 0, "")
    assert (mailbox.failing_since, mailbox.error_detail) == (None, "")


def test_a_refused_log_in_waits_long_from_the_start(fake: Any) -> None:
    mailbox = fake.connect(poll_interval_s=10)
    fake.source.trouble = ConnectorError(Reason.LOGIN_REFUSED, permanent=True)
    fake.poll()
    assert pause(mailbox.id) > timedelta(minutes=3)


@pytest.mark.req("F67")
@pytest.mark.parametrize("reason", [Reason.THROTTLED, Reason.SERVER_ERROR])  # 429, and 503 with Retry-After
def test_a_throttled_mailbox_waits_as_long_as_the_server_wishes(fake: Any, reason: Reason) -> None:
    mailbox = fake.connect(poll_interval_s=10)
    fake.source.trouble = ConnectorError(reason, permanent=False, retry_after_s=900)
    fake.poll()
    mailbox = fake.mailbox()
    assert mailbox.health == "throttled"
    assert timedelta(seconds=890) < pause(mailbox.id) <= timedelta(seconds=900)
    assert mailbox.throttled_until - clock.now() > timedelta(seconds=890)


@pytest.mark.req("F3", "F71")
def test_admins_are_told_once_after_three_failures_and_once_on_recovery(fake: Any, people: Any) -> None:
    fake.connect()
    fake.source.trouble = UNREACHABLE
    for _ in range(5):
        fake.poll()
    drains.drain_now(WorkKind.NOTIFY)
    fake.source.trouble = None
    fake.poll()
    fake.poll()
    drains.drain_now(WorkKind.NOTIFY)
    outage, recovery = outbox.outbox
    assert outage.bcc == recovery.bcc == ["adam@fernhollow.test", "olive@fernhollow.test"]
    assert "cannot be read. The mail server cannot be reached." in outage.body
    assert "The server said: no route" in outage.body
    assert "is read again" in recovery.body
    with organization_scope(fake.organization.id):
        assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
            "mailbox.added",
            "mailbox.outage",
            "mailbox.recovered",
        ]


def test_a_notice_is_tried_again_while_the_operators_server_is_away(
    fake: Any, people: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.connect()
    fake.source.trouble = UNREACHABLE
    for _ in range(3):
        fake.poll()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    drains.drain_now(WorkKind.NOTIFY)
    assert WorkItem.objects.get(kind=WorkKind.NOTIFY).attempts == 1


@pytest.mark.req("S5.72")
def test_a_mailbox_is_polled_every_minute_unless_it_its_organization_or_the_installation_says_otherwise(
    fake: Any, settings: Any
) -> None:
    def seconds() -> float:
        fake.poll()
        return pause(fake.mailbox_id).total_seconds()

    fake.connect()
    assert 50 < seconds() <= 60
    settings.POLL_INTERVAL_S = 600
    assert 500 < seconds() <= 600
    Organization.objects.filter(id=fake.organization.id).update(poll_interval_s=300)
    assert 250 < seconds() <= 300
    fake.set(poll_interval_s=10)
    assert 8 < seconds() <= 10


@pytest.mark.req("F51")
@pytest.mark.parametrize("step", [timedelta(hours=2), timedelta(hours=-2)])
@pytest.mark.parametrize(
    "at", ["poll.listed", "poll.counted", "poll.fetched", "poll.files_durable", "poll.after_store"]
)
def test_a_clock_that_steps_in_the_middle_of_a_poll_loses_and_doubles_nothing(
    fake: Any, monkeypatch: pytest.MonkeyPatch, at: str, step: timedelta
) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.put(mail(2))
    left = [at]
    with ExitStack() as stepped:

        def point(name: str) -> None:
            if name in left:
                left.remove(name)
                stepped.enter_context(clock.held_at(clock.now() + step))

        monkeypatch.setattr(faults, "point", point)
        with suppress(Busy):
            fake.poll()
        assert left == []
        with suppress(Busy):  # a lease of before the step may still hold
            fake.poll()
    WorkItem.objects.filter(kind=WorkKind.POLL).update(leased_until=None)
    fake.poll()
    assert fake.outcomes() == [("1", "pending"), ("2", "pending")]
    assert fake.raw_count() == 2


@pytest.mark.req("F51")
@pytest.mark.parametrize("at", [timedelta(hours=2), timedelta(hours=-2)])
def test_a_clock_that_steps_loses_and_doubles_nothing(fake: Any, at: timedelta) -> None:
    fake.connect()
    fake.source.put(mail(1))
    with clock.held_at(clock.now() + at):
        fake.poll()
    fake.source.put(mail(2))
    fake.poll()
    fake.poll()
    assert fake.outcomes() == [("1", "pending"), ("2", "pending")]
