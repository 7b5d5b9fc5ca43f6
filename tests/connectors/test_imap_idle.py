"""A folder is listened to: news comes at once, and a connection that died is noticed."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from helpdesk.lib import clock
from mailboxes.connectors import imap_idle
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_idle import IdleConnection, listen
from tests.connectors.configs import imap
from tests.connectors.scripted import Act, ScriptedImap
from tests.connectors.worlds import ImapWorld, imap_world
from tests.servers.dovecot import Dovecot

WAIT_S = 20.0
IDLE_CAPABILITY = b"* CAPABILITY IMAP4rev1 IDLE\r\n"


@pytest.fixture
def account(dovecot: Dovecot, request: pytest.FixtureRequest) -> ImapWorld:
    return imap_world(dovecot, f"idle{abs(hash(request.node.nodeid))}@fernhollow.example")


@contextmanager
def listening(config: Any) -> Iterator[IdleConnection]:
    connection = listen(config, now=clock.monotonic())
    try:
        yield connection
    finally:
        connection.close()


def until(connection: IdleConnection, is_true: Callable[[bool], bool]) -> None:
    """The connection was read and ticked until `is_true` of whether there was news."""
    ends_at = clock.monotonic() + WAIT_S
    while clock.monotonic() < ends_at:
        readable, _, _ = select.select([connection], [], [], 0.02)
        has_news = connection.read(now=clock.monotonic()) if readable else False
        if is_true(has_news):
            return
        connection.tick(now=clock.monotonic())
    raise AssertionError("it did not come true")


def is_live(connection: IdleConnection) -> None:
    until(connection, lambda _news: connection.is_live)


@pytest.mark.req("S4.35", "F69")
def test_the_kernel_asks_after_a_server_that_is_silent() -> None:
    idle_s, interval_s, probes = 60, 15, 4
    options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    with (
        ScriptedImap({"CAPABILITY": IDLE_CAPABILITY}) as server,
        listening(imap(server.port)) as held,
        socket.socket(fileno=os.dup(held.fileno())) as sock,
    ):
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        told = [sock.getsockopt(socket.IPPROTO_TCP, option) for option in options]
    assert told == [idle_s, interval_s, probes]


@pytest.mark.servers
@pytest.mark.req("S4.35")
def test_a_delivery_is_news(account: ImapWorld) -> None:
    with listening(account.config()) as connection:
        is_live(connection)
        account.deliver(b"Subject: s\r\n\r\nx\r\n")
        until(connection, lambda news: news)


@pytest.mark.servers
def test_listening_is_renewed_and_goes_on(account: ImapWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_idle, "RENEW_AFTER_S", (0.05, 0.05))
    states: list[bool] = []
    with listening(account.config()) as connection:

        def renewed_twice(_news: bool) -> bool:
            if not states or states[-1] != connection.is_live:
                states.append(connection.is_live)
            return states.count(True) > 2

        until(connection, renewed_twice)
        monkeypatch.setattr(imap_idle, "RENEW_AFTER_S", (500, 500))
        is_live(connection)
        account.deliver(b"Subject: s\r\n\r\nx\r\n")
        until(connection, lambda news: news)


@pytest.mark.servers
def test_a_server_that_goes_away_ends_the_connection(account: ImapWorld) -> None:
    with listening(account.config()) as connection:
        is_live(connection)
        account.restart()
        with pytest.raises(ConnectorError) as error:
            until(connection, lambda _news: False)
    assert error.value.reason is Reason.CONNECTION_LOST
    assert not error.value.permanent


@pytest.mark.servers
@pytest.mark.req("F71")
def test_a_server_that_falls_silent_is_noticed_at_the_renewal(
    account: ImapWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_idle, "RENEW_AFTER_S", (0.5, 0.5))
    monkeypatch.setattr(imap_idle, "ANSWER_WITHIN_S", 1.0)
    with listening(account.config()) as connection:
        is_live(connection)
        account.dovecot.pause()
        try:
            with pytest.raises(ConnectorError) as error:
                until(connection, lambda _news: False)
        finally:
            account.dovecot.resume()
    assert error.value.reason is Reason.TIMEOUT


def test_a_server_without_idle_says_so_for_good(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"})
    with pytest.raises(ConnectorError) as error:
        listen(imap(server.port), now=0)
    assert (error.value.reason, error.value.permanent) == (Reason.NO_IDLE, True)


def test_a_server_that_refuses_idle_says_so_for_good(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": IDLE_CAPABILITY, "IDLE": b"TAG NO not today\r\n"})
    with listening(imap(server.port)) as connection, pytest.raises(ConnectorError) as error:
        is_live(connection)
    assert (error.value.reason, error.value.permanent) == (Reason.NO_IDLE, True)


@pytest.mark.parametrize("said", [b"* BYE shutting down\r\n", Act.CLOSE])
def test_a_farewell_ends_the_connection(serve: Callable[..., ScriptedImap], said: Any) -> None:
    server = serve({"CAPABILITY": IDLE_CAPABILITY, "IDLE": said})
    with listening(imap(server.port)) as connection, pytest.raises(ConnectorError) as error:
        is_live(connection)
    assert error.value.reason is Reason.CONNECTION_LOST


def test_an_endless_line_ends_the_connection(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({"CAPABILITY": IDLE_CAPABILITY, "IDLE": b"* OK " + b"x" * 200_000})
    with listening(imap(server.port)) as connection, pytest.raises(ConnectorError) as error:
        is_live(connection)
    assert error.value.reason is Reason.PROTOCOL


def test_junk_beside_the_news_is_passed_over(serve: Callable[..., ScriptedImap]) -> None:
    server = serve({
        "CAPABILITY": IDLE_CAPABILITY,
        "IDLE": b"STS\r\n\r\n* \xff\xfe\r\n+ idling\r\n* 3 FETCH (FLAGS ())\r\n* 4 EXISTS\r\n",
    })  # fmt: skip
    with listening(imap(server.port)) as connection:
        until(connection, lambda news: news)
