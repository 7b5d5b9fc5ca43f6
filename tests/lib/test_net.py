"""Mail servers are public ones unless the operator says so, and nothing is connected to before that is known."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.lib.net import (
    GuardReason,
    HostGuard,
    HostGuardError,
    VettedHost,
    ascii_host,
    parse_networks,
    parse_ports,
)

LOOPBACK = parse_networks("127.0.0.0/8, ::1")

REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1",
    "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808",
    "100::1", "2001::1", "2001:0:7f00:1::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
    "2002:a00:1::1", "2002:c0a8:1::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1", "fe80::1%eth0", "2606:4700::1%1", "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:a00:1",
]  # fmt: skip

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
    "128.0.0.1", "172.15.255.255", "172.32.0.1", "191.255.255.255", "192.0.1.1", "192.167.255.255", "192.169.0.1",
    "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each name resolves to; a name that is missing does not exist. DNS cannot run here."""
    names: dict[str, list[str]] = {}

    def answer(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(0, 0, 0, "", (address, port)) for address in names[host]]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names


@pytest.fixture
def listener() -> Iterator[int]:
    """The port of a listener on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_through_and_through_is_refused(address: str) -> None:
    assert not HostGuard().allows(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert HostGuard().allows(ip_address(address))


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_an_ipv6_address_that_embeds_an_ipv4_address_is_never_allowed_where_that_one_is_not(
    address: IPv4Address,
) -> None:
    guard, number = HostGuard(), int(address)
    embedding = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x0064_FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80) | 1),
        IPv6Address((0x2606_4700 << 96) | (0x5EFE << 32) | number),
    ]
    if not guard.allows(address):
        assert not any(guard.allows(outer) for outer in embedding)


@settings(deadline=None)
@given(st.ip_addresses())
def test_nothing_is_allowed_that_python_itself_knows_as_private(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
        assert mapped or not HostGuard().allows(address)


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "2002:a01:203::1"])
def test_what_the_operator_allows_is_allowed_in_every_spelling(address: str) -> None:
    assert HostGuard(allowed_networks=parse_networks("10.0.0.0/8")).allows(ip_address(address))


def test_one_refused_address_refuses_the_name(resolver: dict[str, list[str]]) -> None:
    resolver["mail.example"] = ["8.8.8.8", "10.0.0.1"]
    with pytest.raises(HostGuardError) as refused:
        HostGuard().resolve("mail.example", 993, protocol="imap")
    assert refused.value.reason is GuardReason.REFUSED


def test_a_public_name_keeps_its_name_and_every_address_once(resolver: dict[str, list[str]]) -> None:
    resolver["mail.example"] = ["8.8.8.8", "2606:4700::1", "8.8.8.8"]
    vetted = HostGuard().resolve("Mail.Example.", 993, protocol="imap")
    assert vetted == VettedHost("mail.example", 993, (IPv4Address("8.8.8.8"), IPv6Address("2606:4700::1")))


def test_a_name_with_very_many_addresses_is_tried_at_a_few(resolver: dict[str, list[str]]) -> None:
    resolver["mail.example"] = [f"8.8.{i}.8" for i in range(200)]
    assert len(HostGuard().resolve("mail.example", 993, protocol="imap").addresses) <= 8


def test_a_refused_address_beyond_the_first_few_still_refuses(resolver: dict[str, list[str]]) -> None:
    resolver["mail.example"] = [f"8.8.{i}.8" for i in range(200)] + ["127.0.0.1"]
    with pytest.raises(HostGuardError):
        HostGuard().resolve("mail.example", 993, protocol="imap")


@pytest.mark.parametrize(
    ("protocol", "port"), [("imap", 143), ("imap", 993), ("smtp", 25), ("smtp", 465), ("smtp", 587), ("smtp", 2525)]
)
def test_the_usual_ports_of_a_protocol_are_allowed(resolver: dict[str, list[str]], protocol: str, port: int) -> None:
    resolver["mail.example"] = ["8.8.8.8"]
    assert HostGuard().resolve("mail.example", port, protocol=protocol).port == port


@pytest.mark.parametrize(
    ("protocol", "port"), [("imap", 25), ("smtp", 993), ("imap", 22), ("imap", 6379), ("smtp", 0), ("smtp", -1)]
)
def test_other_ports_are_refused_before_any_look_up(protocol: str, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("looked up"))
    with pytest.raises(HostGuardError) as refused:
        HostGuard().resolve("mail.example", port, protocol=protocol)
    assert refused.value.reason is GuardReason.REFUSED


def test_the_operator_may_allow_further_ports(resolver: dict[str, list[str]]) -> None:
    resolver["mail.example"] = ["8.8.8.8"]
    guard = HostGuard(allowed_ports=parse_ports("1143 1587"))
    assert guard.resolve("mail.example", 1143, protocol="imap").port == 1143


@pytest.mark.parametrize(
    "host",
    [
        "", " ", ".", "..", "a..b", "mail.example\r\n", "mail\nexample", "mail\0.example", "mail example", " mail.a",
        "-mail.example", "mail-.example", "a" * 64 + ".example", ".".join(["abcdefgh"] * 32), "mail.example:993",
        "user@mail.example", "http://mail.example", "mail.example/x", "[::1", "127.1", "0x7f.0x1", "0x7f000001",
        "2130706433", "0177.0.0.1", "1.2.3.4.5", "256.1.1.1", "mail.example。\n", "ab.example\u2028", "xn--\udcff",
    ],
)  # fmt: skip
def test_what_is_no_server_name_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("looked up"))
    with pytest.raises(HostGuardError) as refused:
        HostGuard().resolve(host, 993, protocol="imap")
    assert refused.value.reason is GuardReason.BAD_NAME


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_clean_name_or_refused(host: str) -> None:
    with suppress(HostGuardError):
        name = ascii_host(host)
        assert name.isascii()
        assert name.isprintable()
        assert " " not in name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("IMAP.Fernhollow.Example", "imap.fernhollow.example"),
        ("imap.fernhollow.example.", "imap.fernhollow.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("mail。example", "mail.example"),
        ("my_host.example", "my_host.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("2606:4700::1", "2606:4700::1"),
    ],
)
def test_a_host_is_spelled_as_dns_and_certificates_do(host: str, name: str) -> None:
    assert ascii_host(host) == name


def test_an_address_literal_needs_no_dns_and_is_vetted_alike() -> None:
    assert HostGuard().resolve("8.8.8.8", 993, protocol="imap").addresses == (IPv4Address("8.8.8.8"),)
    with pytest.raises(HostGuardError):
        HostGuard().resolve("[::1]", 993, protocol="imap")


def test_a_missing_name_is_told_apart_from_a_resolver_that_is_unwell(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwell(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", unwell)
    with pytest.raises(HostGuardError) as failed:
        HostGuard().resolve("mail.example", 993, protocol="imap")
    assert failed.value.reason is GuardReason.UNREACHABLE


@pytest.mark.req("F69")
def test_a_resolver_that_never_answers_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: released.wait() and [])
    monkeypatch.setattr("helpdesk.lib.net.LOOK_UP_TIMEOUT_S", 0.05)
    with pytest.raises(HostGuardError) as failed:
        HostGuard().resolve("mail.example", 993, protocol="imap")
    released.set()
    assert failed.value.reason is GuardReason.UNREACHABLE


def test_the_connection_goes_to_the_vetted_address_whatever_dns_says_next(
    resolver: dict[str, list[str]], listener: int
) -> None:
    resolver["mail.example"] = ["127.0.0.1"]
    vetted = HostGuard(LOOPBACK, frozenset({listener})).resolve("mail.example", listener, protocol="imap")
    resolver["mail.example"] = ["10.0.0.1"]
    with vetted.connect(timeout_s=5) as sock:
        assert sock.getpeername() == ("127.0.0.1", listener)
        assert sock.gettimeout() == 5


def test_the_second_address_is_tried_when_the_first_does_not_answer(
    resolver: dict[str, list[str]], listener: int
) -> None:
    resolver["mail.example"] = ["127.0.0.9", "127.0.0.1"]
    guard = HostGuard(LOOPBACK, frozenset({listener}))
    with guard.connect("mail.example", listener, 5, protocol="imap") as sock:
        assert sock.getpeername()[0] == "127.0.0.1"


def test_nothing_reaches_a_refused_address(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("connected"))
    with pytest.raises(HostGuardError):
        HostGuard(allowed_ports=frozenset({listener})).connect("127.0.0.1", listener, 5, protocol="imap")


def test_open_closed_and_forbidden_look_the_same_to_people(resolver: dict[str, list[str]], listener: int) -> None:
    resolver["mail.example"] = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()[1]
    ports = frozenset({listener, closed})
    attempts = [(HostGuard(allowed_ports=ports), listener), (HostGuard(allowed_ports=ports), closed),
                (HostGuard(), listener), (HostGuard(LOOPBACK, ports), closed)]  # fmt: skip
    texts = set()
    for guard, port in attempts:
        with pytest.raises(HostGuardError) as refused:
            guard.connect("mail.example", port, 5, protocol="imap")
        texts.add(str(refused.value))
    assert texts == {"the server cannot be reached"}


def test_a_server_that_never_answers_the_knock_is_a_timeout() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # the queue is full: further knocks go unanswered
            vetted = VettedHost("mail.example", port, (IPv4Address("127.0.0.1"),))
            with pytest.raises(HostGuardError) as failed:
                vetted.connect(timeout_s=0.2)
    assert failed.value.reason is GuardReason.TIMEOUT


def test_proxy_settings_of_the_environment_play_no_part(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "HTTPS_PROXY", "SOCKS_PROXY"):
        monkeypatch.setenv(name, "socks5://10.0.0.1:1080")
    with HostGuard(LOOPBACK, frozenset({listener})).connect("127.0.0.1", listener, 5, protocol="imap") as sock:
        assert sock.getpeername() == ("127.0.0.1", listener)


def test_networks_are_read_with_commas_or_blanks() -> None:
    assert parse_networks(" 127.0.0.0/8,10.0.0.0/8\nfd00::/8 ::1 ") == (
        ip_network("127.0.0.0/8"),
        ip_network("10.0.0.0/8"),
        ip_network("fd00::/8"),
        ip_network("::1/128"),
    )
    assert parse_networks("") == ()


@pytest.mark.parametrize("text", ["10.0.0.1/8", "example.org", "10.0.0.0/33", "10.0.0.0/8;::1"])
def test_what_is_no_network_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_networks(text)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "imap", "143-993"])
def test_what_is_no_port_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_ports(text)
    assert parse_ports("1143, 1587") == {1143, 1587}
