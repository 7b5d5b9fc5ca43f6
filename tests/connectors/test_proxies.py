"""Servers are reached through a proxy, which is no way around the host guard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import ImapConfig, Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import GuardedSession
from mailboxes.connectors.imap import ImapSource
from mailboxes.connectors.proxies import ProxyConfig, ProxyKind
from mailboxes.connectors.smtp import SmtpSender
from tests.connectors.configs import LOOPBACK, PATIENT
from tests.connectors.scripted import Act, Answer, ScriptedServer
from tests.connectors.worlds import ImapWorld, imap_world, smtp_world
from tests.servers.dovecot import Dovecot
from tests.servers.egress import PASSWORD, USER, EgressProxy
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.servers, pytest.mark.req("S4.25")]


@pytest.fixture(params=["socks5", "http"])
def proxy(request: pytest.FixtureRequest) -> Iterator[EgressProxy]:
    with EgressProxy(request.param) as running:
        yield running


@pytest.fixture
def account(dovecot: Dovecot, request: pytest.FixtureRequest) -> ImapWorld:
    world = imap_world(dovecot, f"proxy{abs(hash(request.node.nodeid))}@fernhollow.example")
    world.deliver(b"Subject: s\r\n\r\nx\r\n")
    return world


def way(proxy: EgressProxy, *, password: str = PASSWORD) -> ProxyConfig:
    return ProxyConfig(ProxyKind(proxy.kind), "127.0.0.1", proxy.port, username=USER, password=password)


def through(config: ImapConfig, proxy: ProxyConfig | None, *, ports: frozenset[int] | None = None) -> ImapConfig:
    """The same account behind the proxy; its port is one that the operator allows."""
    allowed = {config.login.port} | ({proxy.port} if proxy else set())
    guard = HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset(allowed) if ports is None else ports)
    return replace(config, login=replace(config.login, proxy=proxy, guard=guard))


def count(config: ImapConfig) -> int:
    with ImapSource(config).open() as session:
        return session.state.count


def failure(config: ImapConfig) -> ConnectorError:
    with pytest.raises(ConnectorError) as error:
        count(config)
    return error.value


def test_mail_is_read_through_a_proxy(account: ImapWorld, proxy: EgressProxy) -> None:
    assert count(through(account.config(), way(proxy))) == 1


def test_a_server_that_speaks_first_is_heard_through_a_proxy(account: ImapWorld, proxy: EgressProxy) -> None:
    config = account.config(port=account.dovecot.imap_port)
    config = replace(config, login=replace(config.login, security=Security.STARTTLS))
    for _ in range(20):  # the greeting may come in one piece with the proxy's answer
        assert count(through(config, way(proxy))) == 1


def test_mail_leaves_through_a_proxy(smtp_server: SmtpServer, proxy: EgressProxy) -> None:
    world = smtp_world(smtp_server)
    config = world.config()
    guard = HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({config.login.port, proxy.port}))
    sender = SmtpSender(replace(config, login=replace(config.login, guard=guard, proxy=way(proxy))))
    sender.send(
        b"Subject: s\r\n\r\nx\r\n",
        mail_from="a@fernhollow.example",
        recipients=["b@x.example"],
        before_data=lambda _accepted: None,
    )
    assert [mail.recipients for mail in world.received()] == [("b@x.example",)]


def test_https_goes_through_a_proxy(account: ImapWorld, proxy: EgressProxy) -> None:
    """Dovecot's TLS port answers no HTTP, but TLS was agreed on with it and the request arrived."""
    port = account.dovecot.imaps_port
    session = GuardedSession(
        guard=HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({port, proxy.port})),
        timeouts=PATIENT,
        ca_file=str(account.dovecot.ca_path),
        proxy=way(proxy),
    )
    with pytest.raises(ConnectorError) as error:
        session.get(f"https://localhost:{port}/")
    assert error.value.reason in (Reason.CONNECTION_LOST, Reason.PROTOCOL)


def test_a_refused_password_is_said(account: ImapWorld, proxy: EgressProxy) -> None:
    error = failure(through(account.config(), way(proxy, password="wrong")))
    assert (error.reason, error.permanent) == (Reason.PROXY_LOGIN_REFUSED, True)
    assert "wrong" not in str(error)


def test_a_server_that_the_proxy_cannot_reach_is_unreachable(account: ImapWorld, proxy: EgressProxy) -> None:
    account.stop()
    try:
        error = failure(through(account.config(), way(proxy)))
    finally:
        account.dovecot.revive()
    assert error.reason in (Reason.UNREACHABLE, Reason.PROXY_REFUSED)
    assert not error.permanent


def test_a_proxy_is_no_way_around_the_guard(account: ImapWorld, proxy: EgressProxy) -> None:
    """Neither to a server that is not allowed, nor to a proxy on a port that is not."""
    to_server = failure(through(account.config(), way(proxy), ports=frozenset({proxy.port})))
    assert to_server.reason is Reason.HOST_NOT_ALLOWED
    to_proxy = failure(through(account.config(), way(proxy), ports=frozenset({account.port})))
    assert to_proxy.reason is Reason.PROXY_UNREACHABLE


class Junk(ScriptedServer):
    """Answers no proxy gives, before anything is asked."""

    def reply(self, line: bytes) -> Answer:
        return Act.HANG


@pytest.mark.parametrize("said", [b"nonsense\r\n\r\n", b"\xff\x00\r\n\r\n", Act.CLOSE, b"HTTP/1.1 200", Act.HANG])
@pytest.mark.parametrize("kind", ProxyKind)
def test_what_is_no_proxy_is_told_as_one_that_cannot_be_used(account: ImapWorld, kind: ProxyKind, said: Answer) -> None:
    with Junk(greeting=said) as server:
        config = through(account.config(), ProxyConfig(kind, "127.0.0.1", server.port, "u", "p"))
        quick = replace(config.login, timeouts=replace(PATIENT, connect_s=0.5))
        error = failure(replace(config, login=quick))
    assert error.reason in (Reason.PROXY_UNREACHABLE, Reason.PROXY_REFUSED)
