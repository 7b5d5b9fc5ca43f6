"""A worker keeps the connection of one poll for the next: what it saves, and all that ends it. On a real Dovecot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.imap import ImapSource
from mailboxes.models import Mailbox
from mailboxes.services.reading import kept, sessions
from mailboxes.services.reading.accounts import account_of
from mailboxes.services.reading.kept import KeptConnections
from mailboxes.services.reading.sessions import SessionKeeper
from mailboxes.services.setup.connections import source_of
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.mailboxes import delete_mailbox, pause_mailbox, update_mailbox
from tests.mailboxes.account import Account
from tests.servers.process import program
from tests.servers.proxy import TcpProxy

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


class Worker:
    """What a worker does with one mailbox, poll after poll, and how often it connects for that."""

    def __init__(self, account: Account, proxy: TcpProxy, pool: KeptConnections) -> None:
        self.account, self.proxy, self.pool = account, proxy, pool
        self._connections_before = 0

    def connect(self, **values: Any) -> Mailbox:
        """The mailbox was added, and its server is reached through the proxy."""
        mailbox = self.account.connect(port=self.proxy.port, **values)
        self._connections_before = self.proxy.connections
        return mailbox

    def poll(self) -> Mailbox:
        """The mailbox was due, and a worker has had it."""
        items = WorkItem.objects.filter(kind=WorkKind.POLL, row_id=self.account.mailbox_id)
        items.update(due_at=clock.now(), set_at=clock.now())
        drains.drain_now(WorkKind.POLL, row_ids=[self.account.mailbox_id])
        return self.account.mailbox()

    @property
    def connections(self) -> int:
        """How often the server was connected to since the mailbox was added."""
        return self.proxy.connections - self._connections_before


@pytest.fixture
def pool(settings: Any, monkeypatch: pytest.MonkeyPatch, own_cache: None) -> Iterator[KeptConnections]:
    """What this process keeps, empty; no thread tidies it."""
    settings.KEPT_CONNECTIONS = 10
    own = KeptConnections(is_tidied=False)
    monkeypatch.setattr(sessions, "KEPT", own)
    yield own
    own.leave_all()


@pytest.fixture
def worker(account: Account, tcp_proxy: Any, pool: KeptConnections) -> Worker:
    """A worker, and a mailbox to be connected."""
    return Worker(account, tcp_proxy(account.server.imaps_port), pool)


def stored(worker: Worker) -> list[str]:
    """The Message-IDs in the ledger, oldest first."""
    return [sighting.message_id for sighting in worker.account.sightings()]


def fares_well(mailbox: Mailbox) -> bool:
    """True if the mailbox is reachable, and no poll of it failed lately."""
    return (mailbox.health, mailbox.failures_in_row, mailbox.error_reason) == ("reachable", 0, "")


@pytest.mark.both
@pytest.mark.req("F68")
def test_one_connection_serves_poll_after_poll_and_misses_nothing(worker: Worker) -> None:
    worker.connect(existing_mail="open")
    for number in (1, 2, 3):
        worker.account.deliver(number)
        assert fares_well(worker.poll())
    assert stored(worker) == [f"mail-{number}@example.org" for number in (1, 2, 3)]
    assert (worker.connections, len(worker.pool)) == (1, 1)


def test_what_is_marked_moved_and_fetched_on_a_kept_connection_is_as_on_a_new_one(worker: Worker) -> None:
    worker.connect(after_import="move", after_import_folder="Archive", existing_mail="open")
    for number in (1, 2):
        worker.account.deliver(number, body="x" * 300_000)
        worker.poll()
    moved = worker.account.server.folder_messages(worker.account.user, "Archive")
    assert [b"Mail 1" in moved[0].raw, b"Mail 2" in moved[1].raw] == [True, True]
    assert worker.account.server.folder_messages(worker.account.user) == []
    assert worker.connections == 1


@pytest.mark.req("F69")
def test_a_server_that_was_restarted_in_between_is_no_failure(worker: Worker) -> None:
    worker.connect(existing_mail="open")
    worker.poll()
    worker.account.server.restart()
    worker.account.deliver(1)
    assert fares_well(worker.poll())
    assert (stored(worker), worker.connections, len(worker.pool)) == (["mail-1@example.org"], 2, 1)


@pytest.mark.req("F69")
def test_a_connection_that_was_cut_in_between_is_no_failure(worker: Worker) -> None:
    worker.connect(existing_mail="open")
    worker.poll()
    worker.proxy.cut_all()
    worker.account.deliver(1)
    assert fares_well(worker.poll())
    assert (stored(worker), worker.connections) == (["mail-1@example.org"], 2)


def test_a_server_that_said_goodbye_to_an_idle_client_is_no_failure(worker: Worker) -> None:
    worker.connect(existing_mail="open")
    worker.poll()
    configuration = str(worker.account.server.folder / "dovecot.conf")
    subprocess.run([program("doveadm"), "-c", configuration, "kick", worker.account.user], check=True)
    worker.account.deliver(1)
    assert fares_well(worker.poll())
    assert (stored(worker), worker.connections) == (["mail-1@example.org"], 2)


def test_a_server_that_cannot_be_reached_any_more_is_a_failure_as_ever(worker: Worker) -> None:
    worker.connect()
    worker.poll()
    worker.account.server.stop()
    worker.proxy.cut_all()
    mailbox = worker.poll()
    assert (mailbox.health, mailbox.failures_in_row, len(worker.pool)) == ("unreachable", 1, 0)


def test_a_folder_that_was_made_anew_is_taken_for_what_it_is(worker: Worker) -> None:
    worker.account.deliver(1, folder="Desk")
    worker.connect(folder="Desk", existing_mail="open")
    epoch = worker.poll().epoch
    with worker.account.server.client(worker.account.user) as client:
        client.delete_folder("Desk")
        client.create_folder("Desk")
    worker.account.deliver(2, folder="Desk")
    mailbox = worker.poll()
    assert fares_well(mailbox)
    assert mailbox.epoch != epoch
    assert stored(worker) == ["mail-1@example.org", "mail-2@example.org"]
    assert worker.connections == 1


def test_a_folder_that_is_gone_is_said_to_be_gone(worker: Worker) -> None:
    worker.account.deliver(1, folder="Desk")
    worker.connect(folder="Desk", existing_mail="open")
    worker.poll()
    with worker.account.server.client(worker.account.user) as client:
        client.delete_folder("Desk")
    mailbox = worker.poll()
    assert (mailbox.health, mailbox.error_reason, len(worker.pool)) == ("unreachable", "folder_not_found", 0)


def test_a_password_that_was_changed_at_the_provider_is_noticed_when_the_connection_ends(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "AGE_S", (0.0, 0.0))
    worker.connect()
    worker.poll()
    worker.account.server.add_user(worker.account.user, "another password")
    mailbox = worker.poll()
    assert (mailbox.health, mailbox.error_reason, len(worker.pool)) == ("unreachable", "login_refused", 0)


def changed(worker: Worker, **incoming: Any) -> MailboxInput:
    """What a person enters who changes the server's data of the mailbox."""
    entered = worker.account.entered(port=worker.proxy.port)
    return replace(entered, incoming=replace(entered.incoming, **incoming))


def test_after_a_password_was_entered_anew_it_is_signed_in_with_that(
    worker: Worker, django_capture_on_commit_callbacks: Any
) -> None:
    worker.connect()
    worker.poll()
    worker.account.server.add_user(worker.account.user, "another password")
    with organization_scope(worker.account.organization.id), django_capture_on_commit_callbacks(execute=True):
        update_mailbox(worker.account.mailbox(), changed(worker, password="another password"))
    assert fares_well(worker.poll())
    assert (worker.connections, len(worker.pool)) == (2, 1)


def test_what_was_made_with_other_settings_is_not_used_even_if_nobody_heard_of_the_change(worker: Worker) -> None:
    worker.connect()
    worker.poll()
    with organization_scope(worker.account.organization.id):
        update_mailbox(worker.account.mailbox(), changed(worker, password="a wrong password"))
    assert worker.poll().error_reason == "login_refused"


@pytest.mark.parametrize("ending", [pause_mailbox, delete_mailbox], ids=["paused", "deleted"])
def test_of_a_mailbox_that_is_no_longer_polled_nothing_is_kept(
    worker: Worker, django_capture_on_commit_callbacks: Any, ending: Any
) -> None:
    worker.connect()
    worker.poll()
    with organization_scope(worker.account.organization.id), django_capture_on_commit_callbacks(execute=True):
        ending(worker.account.mailbox())
    worker.pool.tidy()
    assert len(worker.pool) == 0


@pytest.mark.req("F68")
def test_a_connection_that_nobody_used_for_minutes_is_left(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.connect()
    worker.poll()
    worker.pool.tidy()
    assert len(worker.pool) == 1
    monkeypatch.setattr(kept, "IDLE_S", 0.0)
    worker.pool.tidy()
    assert len(worker.pool) == 0


def test_a_mailbox_that_is_polled_rarely_has_nothing_kept(worker: Worker) -> None:
    worker.connect(poll_interval_s=int(kept.IDLE_S))
    worker.poll()
    assert len(worker.pool) == 0


def test_a_poll_by_hand_leaves_nothing_open(worker: Worker) -> None:
    worker.connect()
    worker.account.poll()
    assert len(worker.pool) == 0


def test_where_the_operator_wants_none_every_poll_connects(worker: Worker, settings: Any) -> None:
    settings.KEPT_CONNECTIONS = 0
    worker.connect()
    worker.poll()
    worker.poll()
    assert (worker.connections, len(worker.pool)) == (2, 0)


def test_a_forked_process_keeps_nothing_and_its_parent_goes_on(worker: Worker) -> None:
    worker.connect(existing_mail="open")
    worker.poll()
    child = os.fork()
    if not child:
        worker.pool.forget_in_child()
        os._exit(len(worker.pool))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    worker.account.deliver(1)
    worker.poll()
    assert (stored(worker), worker.connections) == (["mail-1@example.org"], 1)


def test_mailboxes_of_one_account_share_its_connection(worker: Worker, fernhollow: Any) -> None:
    worker.account.deliver(1, folder="Desk")
    worker.connect(existing_mail="open")
    second = Account.__new__(Account)
    second.__dict__ = dict(worker.account.__dict__)
    second.connect(port=worker.proxy.port, folder="Desk", existing_mail="open")
    other = Worker(second, worker.proxy, worker.pool)
    before = worker.proxy.connections
    worker.poll()
    other.poll()
    assert (worker.proxy.connections - before, len(worker.pool)) == (1, 1)
    assert [sighting.message_id for sighting in second.sightings()] == ["mail-1@example.org"]


def test_a_connection_that_is_recorded_is_not_kept(worker: Worker) -> None:
    mailbox = worker.connect()
    with organization_scope(mailbox.organization_id):
        source = source_of(mailbox)
        assert isinstance(source, ImapSource)
        keeper = SessionKeeper(account_of(mailbox), None, place="", mark=None, may_keep=True)
        assert source.kept_by(keeper).keeper is keeper
    recorded = replace(source.config.login, recorder=object())  # type: ignore[arg-type]  # nothing is said here
    source = ImapSource(replace(source.config, login=recorded))
    assert source.kept_by(keeper).keeper is None
