"""Sockets of connectors wait and listen for a bounded time and length, and never show a secret."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.wire import AnswerTooLongError, BoundedSocket, bounded, network_error, scrubbed, tls_context
from tests.connectors.configs import login


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The connectors' clock."""
    held = Clock()
    monkeypatch.setattr("helpdesk.lib.clock.monotonic", held)
    return held


@pytest.fixture
def pair(clock: Clock) -> Iterator[tuple[BoundedSocket, socket.socket]]:
    """Our end with a read timeout of 10 s, and the server's."""
    ours, theirs = socket.socketpair()
    with bounded(ours, read_s=10) as sock, theirs:
        yield sock, theirs


def receive(sock: BoundedSocket, count: int = 1) -> bytes:
    buffer = bytearray(count)
    return bytes(buffer[: sock.recv_into(buffer)])


@pytest.mark.req("F69")
def test_an_answer_that_drips_is_a_stall(pair: tuple[BoundedSocket, socket.socket], clock: Clock) -> None:
    ours, theirs = pair
    for _ in range(4):
        theirs.sendall(b"x")
        assert receive(ours) == b"x"
        clock.now_s += 9.9  # each wait by itself is within the read timeout
    theirs.sendall(b"x")
    clock.now_s += 9.9
    with pytest.raises(TimeoutError):
        receive(ours)


@pytest.mark.req("F28")
def test_an_answer_may_take_long_while_it_makes_progress(
    pair: tuple[BoundedSocket, socket.socket], clock: Clock
) -> None:
    ours, theirs = pair
    for _ in range(30):
        theirs.sendall(b"x" * 20_000)
        assert receive(ours, 20_000)
        clock.now_s += 9.9
    assert clock.now_s - 1000 > 290


def test_each_command_starts_a_new_answer(pair: tuple[BoundedSocket, socket.socket], clock: Clock) -> None:
    ours, theirs = pair
    ours.answer_cap_bytes = 3
    for _ in range(5):
        clock.now_s += 100
        ours.sendall(b"command\r\n")
        theirs.sendall(b"abc")
        assert receive(ours, 3) == b"abc"


def test_an_answer_is_not_longer_than_allowed(pair: tuple[BoundedSocket, socket.socket]) -> None:
    ours, theirs = pair
    ours.answer_cap_bytes = 5
    theirs.sendall(b"abcdef")
    assert receive(ours, 5) == b"abcde"
    assert ours.room_bytes() == 0
    with pytest.raises(AnswerTooLongError):
        receive(ours)


def test_a_silent_server_is_a_timeout() -> None:
    ours, theirs = socket.socketpair()
    with bounded(ours, read_s=0.05) as sock, theirs, pytest.raises(TimeoutError) as error:
        receive(sock)
    assert network_error(error.value).reason is Reason.TIMEOUT


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), Reason.TIMEOUT),
        (ConnectionResetError(), Reason.CONNECTION_LOST),
        (BrokenPipeError(), Reason.CONNECTION_LOST),
        (OSError(), Reason.CONNECTION_LOST),
        (AnswerTooLongError(), Reason.TOO_LARGE),
    ],
)
def test_network_trouble_has_a_reason_and_may_pass(error: OSError, reason: Reason) -> None:
    assert (network_error(error).reason, network_error(error).permanent) == (reason, False)


def test_certificates_and_names_are_checked() -> None:
    context = tls_context("")
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert context.minimum_version.name == "TLSv1_2"


@pytest.mark.parametrize(
    "echo", ["LOGIN ann s3cret-word", "AUTH PLAIN AGFubgBzM2NyZXQtd29yZA==", "AUTH LOGIN czNjcmV0LXdvcmQ="]
)
def test_an_echoed_password_is_taken_out(echo: str) -> None:
    said = scrubbed(f"cannot parse {echo}", login=login(993, security=Security.TLS, username="ann"))
    assert said.startswith("cannot parse")
    assert said.endswith("***")


def test_details_of_errors_are_short_and_printable() -> None:
    error = ConnectorError(Reason.PROTOCOL, permanent=False, detail="a\r\n\x1b[31m" + "x" * 1000)
    assert error.detail.isprintable()
    assert len(error.detail) == 300
