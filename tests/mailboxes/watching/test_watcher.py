"""One watcher listens to many mailboxes: each tells its news, and none stops another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.watching import watcher as watcher_module
from mailboxes.watching.seam import Key
from mailboxes.watching.watcher import Watcher
from tests.connectors.worlds import ImapWorld, imap_world
from tests.servers.dovecot import Dovecot
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.req("S4.35")]

MAIL = b"Subject: s\r\n\r\nx\r\n"


@dataclass
class Noted:
    """A directory that remembers what it is told."""

    configs: dict[Key, ImapConfig] = field(default_factory=dict)
    versions: dict[Key, int] = field(default_factory=dict)
    is_away: bool = False
    lives: list[Key] = field(default_factory=list)
    told: list[Key] = field(default_factory=list)
    losses: list[tuple[Key, Reason]] = field(default_factory=list)
    refusals: list[tuple[Key, Reason]] = field(default_factory=list)
    closings: list[Key] = field(default_factory=list)
    rested: list[str] = field(default_factory=list)
    over: dict[Key, ConnectorError] = field(default_factory=dict)

    def add(self, number: int, config: ImapConfig) -> Key:
        key = Key(1, number)
        self.configs[key], self.versions[key] = config, 1
        return key

    def wanted(self) -> dict[Key, int] | None:
        return None if self.is_away else dict(self.versions)

    def config(self, key: Key) -> ImapConfig | None:
        return self.configs.get(key)

    def live(self, key: Key) -> None:
        self.lives.append(key)

    def news(self, key: Key) -> None:
        self.told.append(key)

    def closed(self, key: Key) -> None:
        self.closings.append(key)

    def keep(self) -> dict[Key, ConnectorError]:
        return self.over

    def refused(self, key: Key, error: ConnectorError) -> None:
        self.refusals.append((key, error.reason))

    def rest(self) -> None:
        self.rested.append(threading.current_thread().name)

    def lost(self, key: Key, error: ConnectorError) -> None:
        self.losses.append((key, error.reason))


@pytest.fixture
def directory() -> Noted:
    return Noted()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short."""
    for name in ("LOOK_EVERY_S", "TICK_S", "FIRST_PAUSE_S", "KEEP_EVERY_S"):
        monkeypatch.setattr(watcher_module, name, 0.1)


@pytest.fixture
def accounts(dovecot: Dovecot, request: pytest.FixtureRequest) -> list[ImapWorld]:
    prefix = f"watch{abs(hash(request.node.nodeid))}"
    return [imap_world(dovecot, f"{prefix}-{number}@fernhollow.example") for number in range(12)]


@contextmanager
def watching(directory: Noted) -> Iterator[Watcher]:
    stopping = threading.Event()
    watcher = Watcher(directory)
    thread = threading.Thread(target=watcher.run, kwargs={"until": stopping.is_set})
    thread.start()
    try:
        yield watcher
    finally:
        stopping.set()
        thread.join(30)
        assert not thread.is_alive()


@pytest.mark.usefixtures("impatient")
def test_each_of_many_mailboxes_tells_its_own_news(directory: Noted, accounts: list[ImapWorld]) -> None:
    keys = [directory.add(number, account.config()) for number, account in enumerate(accounts)]
    with watching(directory) as watcher:
        wait_until(lambda: watcher.live_count == len(keys), timeout_s=60)
        for account in accounts[::2]:
            account.deliver(MAIL)
        wait_until(lambda: set(directory.told) == set(keys[::2]), timeout_s=60)
    assert sorted(directory.lives) == keys
    assert len(set(directory.rested)) == watcher_module.TELLERS


@pytest.mark.usefixtures("impatient")
def test_after_a_restart_of_the_server_all_are_listened_to_again(directory: Noted, accounts: list[ImapWorld]) -> None:
    keys = [directory.add(number, account.config()) for number, account in enumerate(accounts)]
    with watching(directory) as watcher:
        wait_until(lambda: watcher.live_count == len(keys), timeout_s=60)
        accounts[0].restart()
        wait_until(lambda: len({key for key, _ in directory.losses}) == len(keys), timeout_s=60)
        wait_until(lambda: watcher.live_count == len(keys), timeout_s=60)
        accounts[3].deliver(MAIL)
        wait_until(lambda: directory.told, timeout_s=60)
    assert set(directory.told) == {keys[3]}
    assert len(directory.lives) == 2 * len(keys)


@pytest.mark.usefixtures("impatient")
def test_one_that_cannot_be_listened_to_is_told_once_and_stops_no_other(
    directory: Noted, accounts: list[ImapWorld]
) -> None:
    from dataclasses import replace

    config = accounts[0].config()
    bad = directory.add(0, replace(config, login=replace(config.login, password="wrong")))
    good = directory.add(1, accounts[1].config())
    with watching(directory) as watcher:
        wait_until(lambda: directory.losses and watcher.live_count == 1, timeout_s=60)
        accounts[1].deliver(MAIL)
        wait_until(lambda: directory.told == [good], timeout_s=60)
    assert directory.losses == [(bad, Reason.LOGIN_REFUSED)]


@pytest.mark.usefixtures("impatient")
def test_what_is_no_longer_wanted_is_closed_and_what_changed_is_connected_anew(
    directory: Noted, accounts: list[ImapWorld]
) -> None:
    first, second = (directory.add(number, accounts[number].config()) for number in (0, 1))
    with watching(directory) as watcher:
        wait_until(lambda: watcher.live_count == 2, timeout_s=60)
        del directory.versions[first]
        directory.versions[second] = 2
        wait_until(lambda: directory.lives.count(second) == 2 and watcher.live_count == 1, timeout_s=60)


@pytest.mark.usefixtures("impatient")
def test_while_the_directory_is_away_connections_are_kept(directory: Noted, accounts: list[ImapWorld]) -> None:
    key = directory.add(0, accounts[0].config())
    with watching(directory) as watcher:
        wait_until(lambda: watcher.live_count == 1, timeout_s=60)
        directory.is_away = True
        accounts[0].deliver(MAIL)
        wait_until(lambda: directory.told == [key], timeout_s=60)
        assert watcher.live_count == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.req("F68")
def test_one_that_has_to_go_is_closed_says_why_and_stops_no_other(directory: Noted, accounts: list[ImapWorld]) -> None:
    crowded, other = (directory.add(number, accounts[number].config()) for number in (0, 1))
    with watching(directory) as watcher:
        wait_until(lambda: watcher.live_count == 2, timeout_s=60)
        error = ConnectorError(Reason.TOO_MANY_CONNECTIONS, permanent=False, retry_after_s=600.0)
        directory.over = {crowded: error}
        wait_until(lambda: directory.losses, timeout_s=60)
        accounts[1].deliver(MAIL)
        wait_until(lambda: directory.told == [other], timeout_s=60)
        assert watcher.live_count == 1
    assert directory.losses == directory.refusals == [(crowded, Reason.TOO_MANY_CONNECTIONS)]
    assert set(directory.closings) == {crowded, other}
