"""A mailbox in real time: mail is polled for as soon as the server tells, and the mailbox says how it stands."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from helpdesk.lib import clock
from helpdesk.running import signs
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import RealTime
from mailboxes.services.liveness import real_time
from mailboxes.services.setup.mailboxes import delete_mailbox, pause_mailbox, resume_mailbox, update_mailbox
from mailboxes.watching import watcher as watcher_module
from mailboxes.watching.directory import WorkDirectory
from mailboxes.watching.seam import Key
from mailboxes.watching.watcher import Watcher
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers, pytest.mark.req("S4.35")]


def listened_to() -> list[int]:
    return [mailbox_id for _, mailbox_id in real_time.wanted()]


def is_poll_due(mailbox_id: int) -> bool:
    return WorkItem.objects.filter(kind=WorkKind.POLL, row_id=mailbox_id, due_at__lte=clock.now()).exists()


@pytest.mark.both
def test_only_enabled_mailboxes_that_want_it_are_listened_to(account: Any) -> None:
    mailbox = account.connect(is_looked_at=False)
    assert listened_to() == []
    with organization_scope(account.organization.id):
        mailbox = update_mailbox(mailbox, account.entered(is_real_time=True))
        assert listened_to() == [mailbox.id]
        version = next(iter(real_time.wanted().values()))
        mailbox = update_mailbox(mailbox, account.entered(is_real_time=True, from_name="Help"))
        assert next(iter(real_time.wanted().values())) > version
        pause_mailbox(mailbox)
        assert listened_to() == []
        resume_mailbox(mailbox)
        assert listened_to() == [mailbox.id]
        delete_mailbox(mailbox)
        assert listened_to() == []


@pytest.mark.both
def test_off_it_is_polled_by_its_interval_alone_and_on_as_well(account: Any) -> None:
    mailbox = account.connect(poll_interval_s=120)
    for is_real_time in (False, True, False):
        with organization_scope(account.organization.id):
            update_mailbox(account.mailbox(), account.entered(is_real_time=is_real_time, poll_interval_s=120))
        account.poll()
        due_in = WorkItem.objects.get(kind=WorkKind.POLL, row_id=mailbox.id).due_at - clock.now()
        assert timedelta(seconds=100) < due_in <= timedelta(seconds=120)
        assert listened_to() == [mailbox.id] * is_real_time
        account.deliver(1 + is_real_time)
    assert account.poll().listed == 1


def test_mail_makes_the_poll_due_and_the_mailbox_says_how_it_stands(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_EVERY_S", "TICK_S", "FIRST_PAUSE_S"):
        monkeypatch.setattr(watcher_module, name, 0.1)
    mailbox = account.connect(is_real_time=True)
    stopping = threading.Event()

    def run() -> None:
        Watcher(WorkDirectory()).run(until=stopping.is_set)
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: account.mailbox().real_time == RealTime.LIVE, timeout_s=60)
        assert signs.is_alive(signs.WATCH)
        WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.now() + timedelta(days=1))
        account.deliver(1)
        wait_until(lambda: is_poll_due(mailbox.id), timeout_s=60)
        account.server.kill()
        wait_until(lambda: account.mailbox().real_time == RealTime.LOST, timeout_s=60)
        account.server.start()
        wait_until(lambda: account.mailbox().real_time == RealTime.LIVE, timeout_s=60)
    finally:
        account.server.revive()
        stopping.set()
        thread.join(30)


@pytest.mark.both
def test_who_tells_of_news_keeps_its_database_connection_until_it_rests(account: Any) -> None:
    mailbox = account.connect(is_real_time=True)
    directory, key = WorkDirectory(), Key(mailbox.organization_id, mailbox.id)
    used: list[object] = []

    def tell() -> None:
        for _ in range(2):
            directory.news(key)
            used.append(connection.connection)
        directory.rest()
        used.append(connection.connection)

    thread = threading.Thread(target=tell)
    thread.start()
    thread.join(60)
    first, second, after = used
    assert first is not None
    assert second is first
    assert after is None or connection.vendor == "sqlite"  # in memory it is never closed
    assert is_poll_due(mailbox.id)
