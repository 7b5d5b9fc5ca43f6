"""The newest messages of a folder looked at where they lie, and a dry run of a mailbox that is being set up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.spam_daemon.values import Kind
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import Order
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import RemoteMessage
from mailboxes.services.reading.newest import newest_messages
from tests.fakes.source import FakeSource
from tests.fakes.spam_daemon import SPAM, FakeSpamDaemon
from tests.mailboxes.account import mail
from ticketing.models import DryRun, Ticket
from ticketing.services.dry_runs import looking_up
from ticketing.services.dry_runs.starting import start_dry_run
from ticketing.steps.looked_at import saw


@pytest.mark.parametrize("order", list(Order))
def test_the_newest_come_first_and_nothing_is_changed(order: Order) -> None:
    source = FakeSource(order=order)
    for number in (1, 2, 7, 9):
        source.put(mail(number), number=number, received_at=clock.now() - timedelta(days=10 - number))
    found = [(each.content, each.of) for each in newest_messages(source, count=3, max_bytes=1000)]
    assert found == [(mail(9), 3), (mail(7), 3), (mail(2), 3)]
    assert [each.content for each in newest_messages(source, count=1, max_bytes=10)] == [None]
    assert not source.acknowledged


def test_of_dates_it_looks_further_back_where_a_month_has_too_few() -> None:
    source = FakeSource(order=Order.DATES)
    for number, days in ((1, 400), (2, 200), (3, 1)):
        source.put(mail(number), number=number, received_at=clock.now() - timedelta(days=days))
    found = [each.content for each in newest_messages(source, count=2, max_bytes=1000)]
    assert found == [mail(3), mail(2)]
    assert len(list(newest_messages(source, count=5, max_bytes=1000))) == 2


def dry_run(fake: Any, people: Any, *, wanted: int = 100) -> DryRun:
    with organization_scope(fake.organization.id):
        start_dry_run(fake.mailbox(), wanted=wanted, actor=people.admin)
    assert drains.drain_now(WorkKind.DRY_RUN, budget_s=60) == 1
    with organization_scope(fake.organization.id):
        run: DryRun = DryRun.objects.get()
    return run


@pytest.mark.django_db
def test_a_mailbox_that_is_being_set_up_is_tried_on_what_lies_on_its_server(fake: Any, people: Any) -> None:
    fake.connect(existing_mail="open")
    fake.set(is_draft=True)
    for number in range(25):
        fake.source.put(mail(number))
    assert dry_run(fake, people).total == 25
    run = dry_run(fake, people, wanted=20)
    assert (run.is_looked_up, run.total, run.trouble, run.spent) == (True, 20, "", "")
    assert [(line["subject"], line["outcome"]) for line in run.lines] == [
        (f"Mail {number}", "created") for number in range(5, 25)
    ]
    assert (fake.sightings(), fake.raw_count()) == ([], 0)
    with organization_scope(fake.organization.id):
        assert not Ticket.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "spent"), [({"ALL_BYTES": 1}, "room"), ({"READ_S": -1}, "time")])
def test_where_room_or_time_is_spent_the_oldest_are_left_out_and_that_is_said(
    fake: Any, people: Any, client: Any, monkeypatch: pytest.MonkeyPatch, limit: dict[str, int], spent: str
) -> None:
    monkeypatch.setattr(looking_up, *next(iter(limit.items())))
    fake.connect(existing_mail="open")
    for number in range(3):
        fake.source.put(mail(number))
    run = dry_run(fake, people)
    assert (run.spent, [line["subject"] for line in run.lines]) == (spent, ["Mail 2"])
    client.force_login(people.admin.user)
    assert "no more were read" in client.get(f"/o/fernhollow/dry-runs/{fake.mailbox_id}/").content.decode()


@pytest.mark.django_db
@pytest.mark.req("S3.15")
def test_the_operators_spam_daemon_is_asked_about_mail_that_lies_on_its_server(
    fake: Any, people: Any, settings: Any
) -> None:
    fake.connect(existing_mail="open")
    fake.source.put(mail(1))
    fake.source.put(mail(2) + b"x" * 3000)
    with FakeSpamDaemon(Kind.RSPAMD, SPAM[Kind.RSPAMD]) as daemon:
        settings.SPAM_DAEMON = replace(daemon.as_set(), max_bytes=2000)
        run = dry_run(fake, people)
    assert [line["reason"] for line in run.lines] == ["spam_daemon", "new_mail"]
    assert "Rspamd was not asked: so large a mail" in saw("recognise_spam", RemoteMessage(trace=run.lines[1]["trace"]))


@pytest.mark.django_db
def test_a_server_that_cannot_be_read_is_said(fake: Any, people: Any, client: Any) -> None:
    fake.connect()
    fake.source.trouble = ConnectorError(Reason.TIMEOUT, permanent=False)
    assert (dry_run(fake, people).trouble, dry_run(fake, people).lines) == ("timeout", [])
    client.force_login(people.admin.user)
    page = client.get(f"/o/fernhollow/dry-runs/{fake.mailbox_id}/").content.decode()
    assert "The mails could not be read from the server." in page
