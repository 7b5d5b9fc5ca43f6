"""The proxy passes bytes unchanged until it is told to fail."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.servers.fixtures import Proxies


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_echo, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def _echo(listener: socket.socket) -> None:
    try:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_echo_connection, args=(connection,), daemon=True).start()
    except OSError:
        return  # The test is over and the listener closed.


def _echo_connection(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(1000):
                connection.sendall(data)
        except OSError:
            return  # Cut by the proxy, as the test wanted.


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def _first_bytes(port: int) -> bytes:
    with _connect(port) as client:
        return client.recv(100)


def test_bytes_pass_unchanged(tcp_proxy: Proxies, echo_port: int) -> None:
    with _connect(tcp_proxy(echo_port).port) as client:
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        assert client.makefile("rb").read() == b"hello"


def test_a_connection_is_cut_after_the_given_bytes(tcp_proxy: Proxies, echo_port: int) -> None:
    proxy = tcp_proxy(echo_port)
    proxy.fail("cut", after_bytes=3)
    with _connect(proxy.port) as client:
        client.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            client.makefile("rb").read()


def test_a_stalled_connection_stays_open_and_silent(tcp_proxy: Proxies, echo_port: int) -> None:
    proxy = tcp_proxy(echo_port)
    proxy.fail("stall", after_bytes=3)
    with _connect(proxy.port) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hel"
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(100)


def test_garbage_replaces_the_rest(tcp_proxy: Proxies, echo_port: int) -> None:
    proxy = tcp_proxy(echo_port)
    proxy.fail("garbage", after_bytes=3)
    with _connect(proxy.port) as client:
        client.sendall(b"hello")
        assert client.recv(3) == b"hel"
        assert b"garbage" in client.recv(1000)


def test_a_healed_proxy_passes_new_connections(tcp_proxy: Proxies, echo_port: int) -> None:
    proxy = tcp_proxy(echo_port)
    proxy.fail("cut")
    with _connect(proxy.port) as client:
        client.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            client.recv(100)
    proxy.heal()
    with _connect(proxy.port) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
    assert proxy.connections == 2


def test_every_open_connection_can_be_cut_at_once(tcp_proxy: Proxies, echo_port: int) -> None:
    proxy = tcp_proxy(echo_port)
    with _connect(proxy.port) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        proxy.cut_all()
        with pytest.raises(ConnectionResetError):
            client.recv(100)


def test_a_dead_target_looks_like_a_cut(tcp_proxy: Proxies, unused_port: int) -> None:
    proxy = tcp_proxy(unused_port)
    with pytest.raises(ConnectionResetError):
        _first_bytes(proxy.port)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
