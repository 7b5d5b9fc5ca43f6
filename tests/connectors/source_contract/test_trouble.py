"""Servers that refuse, ask to wait, go away, or stand behind a broken line.

What happens on the line is one thing for each kind, whoever opened the mailbox.
"""

from __future__ import annotations

from contextlib import suppress

import pytest

from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.source_contract.asking import BRIEF, MB, QUICK, each_kind, ids, listed, mail, read_all
from tests.connectors.worlds import SourceWorld
from tests.servers.fixtures import Proxies

pytestmark = pytest.mark.servers


def test_a_wrong_password_is_refused_for_good(world: SourceWorld) -> None:
    with pytest.raises(ConnectorError) as error, world.source(password="wrong").open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_REFUSED, True)


@pytest.mark.req("F67")
def test_a_server_that_asks_to_wait_says_for_how_long(world: SourceWorld) -> None:
    with world.throttling() as source, pytest.raises(ConnectorError) as error, source.open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.THROTTLED, False)
    assert error.value.retry_after_s == 7


@pytest.mark.req("F69")
def test_a_server_that_is_down_is_unreachable_for_now(world: SourceWorld) -> None:
    world.stop()
    with pytest.raises(ConnectorError) as error, world.source().open():
        pass
    assert (error.value.reason, error.value.permanent) == (Reason.UNREACHABLE, False)


@each_kind
@pytest.mark.req("F69")
def test_a_restart_between_two_mails_loses_and_doubles_nothing(world: SourceWorld) -> None:
    mails = [mail(n, b"x" * 1_200_000) for n in range(1, 9)]
    for raw in mails:
        world.deliver(raw)
    order: list[str] = []
    got: dict[str, bytes | None] = {}
    for _session in range(10):  # a server that has just come back may hang up once more
        with suppress(ConnectorError), world.source().open() as session:
            order = ids(session)
            missing = [item for item in listed(session) if item.remote_id not in got]
            for fetched in session.fetch(missing, max_bytes=2 * MB):
                assert fetched.error is None
                got[fetched.remote_id] = fetched.content
                if len(got) == 3:
                    world.restart()
    assert [got[remote_id] for remote_id in order] == mails


@each_kind
@pytest.mark.req("F69")
def test_a_server_that_goes_away_in_the_middle_is_connection_trouble_and_not_the_mails_fault(
    world: SourceWorld,
) -> None:
    for n in range(1, 9):
        world.deliver(mail(n, b"x" * 1_200_000))
    with world.source().open() as session:
        coming = session.fetch(listed(session), max_bytes=2 * MB)
        first = [next(coming) for _ in range(2)]
        world.stop()
        with pytest.raises(ConnectorError) as error:
            first.extend(coming)
    assert (error.value.reason, error.value.permanent) == (Reason.CONNECTION_LOST, False)
    assert [fetched.error for fetched in first] == [None] * len(first)


@each_kind
@pytest.mark.req("F69")
@pytest.mark.parametrize("kind", ["cut", "stall", "garbage"])
@pytest.mark.parametrize("after_bytes", [0, 30, 3_000, 20_000])
def test_a_broken_line_is_an_error_that_may_pass(
    world: SourceWorld, tcp_proxy: Proxies, kind: str, after_bytes: int
) -> None:
    for n in range(1, 4):
        world.deliver(mail(n, b"x" * 20_000))
    proxy = tcp_proxy(world.port)
    proxy.fail(kind, after_bytes=after_bytes)  # type: ignore[arg-type]  # one of the literals
    with pytest.raises(ConnectorError) as error:
        read_all(world.source(port=proxy.port, timeouts=BRIEF))
    assert not error.value.permanent
    proxy.heal()
    assert len(read_all(world.source(port=proxy.port))) == 3


@each_kind
@pytest.mark.req("F28")
def test_a_slow_line_is_not_a_stalled_one(world: SourceWorld, tcp_proxy: Proxies) -> None:
    world.deliver(mail(1, b"x" * 1_000_000))
    proxy = tcp_proxy(world.port)
    proxy.slow_down(0.02)  # for each 16 kB: longer in all than the read timeout
    with world.source(port=proxy.port, timeouts=QUICK).open() as session:
        [fetched] = session.fetch(listed(session), max_bytes=2 * MB)
    assert fetched.error is None
