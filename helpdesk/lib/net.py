"""The host guard: which addresses and ports mail servers may have, and the only way to connect to one.

A name is resolved once; if any of its addresses is refused the name is refused, before anything is connected to. The
connection then goes to a vetted address, so that a second look-up cannot answer differently; the name is kept for the
certificate. Proxy settings of the environment play no part.
"""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, SimpleQueue

import idna

from helpdesk.lib import clock

PROTOCOL_PORTS: dict[str, frozenset[int]] = {
    "imap": frozenset({143, 993}),
    "pop3": frozenset({110, 995}),
    "smtp": frozenset({25, 465, 587, 2525}),
    "https": frozenset({443}),
    "proxy": frozenset({443, 1080, 3128, 8080}),
}
MAX_NAME_CHARS = 253  # RFC 1035 section 2.3.4, without the final dot
LOOK_UP_TIMEOUT_S = 15.0
MAX_ADDRESSES = 8  # more are ignored: a name with hundreds would only stretch the connect timeout

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA gave out for public use lies in here
_NEVER_PUBLIC: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT, RFC 6598
    IPv4Network("192.0.0.0/24"),  # IETF assignments; is_global calls some of it global
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
    IPv4Network("198.18.0.0/15"),  # benchmarks, RFC 2544
    IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
    IPv6Network("2001::/23"),  # IETF assignments, Teredo among them
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


class GuardReason(StrEnum):
    """Why a host cannot be used. Only the first two may be told apart by people."""

    BAD_NAME = "bad_name"
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # address or port not allowed; nothing was connected to
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"


class HostGuardError(Exception):
    """A host cannot be used. The text is the same for refused, unreachable and silent servers, and names no address."""

    def __init__(self, reason: GuardReason) -> None:
        self.reason = reason
        super().__init__(_WORDS.get(reason, "the server cannot be reached"))


_WORDS = {
    GuardReason.BAD_NAME: "this is not a server name",
    GuardReason.NOT_FOUND: "there is no server of this name",
}


@dataclass(frozen=True)
class VettedHost:
    """A name and the addresses it may be connected to, in the resolver's order."""

    name: str  # for SNI and the certificate: ASCII, lower-cased, no final dot; an address literal without brackets
    port: int
    addresses: tuple[IPv4Address | IPv6Address, ...]

    def connect(self, *, timeout_s: float) -> socket.socket:
        """A connected socket to the first address that answers, within `timeout_s` in all.

        Its own timeout is what was given. Raises HostGuardError (unreachable, timeout).
        """
        deadline = clock.monotonic() + timeout_s
        reason = GuardReason.UNREACHABLE
        for position, address in enumerate(self.addresses):
            share_s = (deadline - clock.monotonic()) / (len(self.addresses) - position)
            if share_s <= 0:
                break
            try:
                return _connected(address, port=self.port, timeout_s=share_s, lasting_timeout_s=timeout_s)
            except TimeoutError:
                reason = GuardReason.TIMEOUT
            except OSError:
                continue
        raise HostGuardError(reason)


@dataclass(frozen=True)
class HostGuard:
    """What the operator allows beyond public addresses and the protocol's usual ports."""

    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    allowed_ports: frozenset[int] = frozenset()

    def resolve(self, host: str, port: int, *, protocol: str) -> VettedHost:
        """The addresses of `host`, every one of them allowed.

        protocol: a key of PROTOCOL_PORTS. Takes at most LOOK_UP_TIMEOUT_S.
        Raises HostGuardError: bad name, not found, refused, unreachable (the name service does not answer).
        """
        name = ascii_host(host)
        if port not in PROTOCOL_PORTS[protocol] | self.allowed_ports:
            raise HostGuardError(GuardReason.REFUSED)
        addresses = _literal(name) or _look_up(name, port=port)
        if not addresses:
            raise HostGuardError(GuardReason.NOT_FOUND)
        if not all(self.allows(address) for address in addresses):
            raise HostGuardError(GuardReason.REFUSED)
        return VettedHost(name=name, port=port, addresses=tuple(addresses[:MAX_ADDRESSES]))

    def connect(self, host: str, port: int, timeout_s: float, *, protocol: str) -> socket.socket:
        """A socket connected to a vetted address of `host`. Raises HostGuardError."""
        return self.resolve(host, port, protocol=protocol).connect(timeout_s=timeout_s)

    def allows(self, address: IPv4Address | IPv6Address) -> bool:
        """True if a mail server may have this address: public through and through, or in an allowed network."""
        if isinstance(address, IPv6Address):
            if address.scope_id is not None:
                return False
            if address.ipv4_mapped is not None:
                return self.allows(address.ipv4_mapped)
        if any(address in network for network in self.allowed_networks):
            return True
        embedded = _embedded(address)
        if embedded is not None:
            return self.allows(embedded)
        return is_public(address)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """True for a unicast address that the whole Internet routes. `is_global` alone also passes multicast and more."""
    if any(address in network for network in _NEVER_PUBLIC):
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def ascii_host(host: str) -> str:
    """The host as DNS and certificates spell it: IDNA (UTS 46), lower-cased, without final dot or brackets.

    Raises HostGuardError (bad name) for anything else, control characters and look-alikes of addresses included.
    """
    literal = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return str(ip_address(literal))
    except ValueError:
        pass
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise HostGuardError(GuardReason.BAD_NAME) from error
    name = name.removesuffix(".")
    labels = name.split(".")
    if len(name) > MAX_NAME_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise HostGuardError(GuardReason.BAD_NAME)
    if labels[-1].isdigit() or labels[-1].startswith("0x"):  # 127.1 and 0x7f.1 are addresses to the C library
        raise HostGuardError(GuardReason.BAD_NAME)
    return name


def parse_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The networks of a setting such as `127.0.0.0/8, fd00::/8`; an address alone is a network of one.

    Raises ValueError naming the part that is no network (host bits set included).
    """
    return tuple(ip_network(part) for part in re.split(r"[,\s]+", text.strip()) if part)


def parse_ports(text: str) -> frozenset[int]:
    """The ports of a setting such as `1143, 1587`. Raises ValueError for what is no port (1 to 65535)."""
    ports = frozenset(int(part) for part in re.split(r"[,\s]+", text.strip()) if part)
    for port in ports:
        if not 1 <= port <= 65535:
            raise ValueError(f"{port} is not a port")
    return ports


def _literal(name: str) -> list[IPv4Address | IPv6Address]:
    try:
        return [ip_address(name)]
    except ValueError:
        return []


def _look_up(name: str, *, port: int) -> list[IPv4Address | IPv6Address]:
    """What the name resolves to, each address once, within LOOK_UP_TIMEOUT_S.

    The resolver's own patience is minutes with several silent name servers, and getaddrinfo knows no timeout; so it
    runs in a thread that is left behind when it takes too long.
    """
    answers: SimpleQueue[list[IPv4Address | IPv6Address] | OSError] = SimpleQueue()
    threading.Thread(target=_ask_resolver, args=(name, port, answers), daemon=True, name="look-up").start()
    try:
        answer = answers.get(timeout=LOOK_UP_TIMEOUT_S)
    except Empty:
        raise HostGuardError(GuardReason.UNREACHABLE) from None
    if isinstance(answer, OSError):  # an unwell resolver says nothing about the name
        absent = answer.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
        raise HostGuardError(GuardReason.NOT_FOUND if absent else GuardReason.UNREACHABLE) from answer
    return answer


def _ask_resolver(name: str, port: int, answers: SimpleQueue[list[IPv4Address | IPv6Address] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except OSError as error:
        answers.put(error)
    else:
        answers.put(list(dict.fromkeys(ip_address(str(sockaddr[0])) for *_, sockaddr in found)))


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets for this IPv6 address end up at (6to4, NAT64, ISATAP), if it holds one."""
    if isinstance(address, IPv4Address):
        return None
    if address.sixtofour is not None:
        return address.sixtofour
    interface = int(address) & 0xFFFF_FFFF_FFFF_FFFF
    if address in _NAT64 or interface >> 32 in (0x0000_5EFE, 0x0200_5EFE):
        return IPv4Address(interface & 0xFFFF_FFFF)
    return None


def _connected(
    address: IPv4Address | IPv6Address, *, port: int, timeout_s: float, lasting_timeout_s: float
) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.settimeout(timeout_s)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect((str(address), port))
        sock.settimeout(lasting_timeout_s)
    except BaseException:
        sock.close()
        raise
    return sock
