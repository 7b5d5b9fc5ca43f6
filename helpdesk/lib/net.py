"""The host guard: which addresses and ports mail servers may have."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True)
class HostGuard:
    """What the operator allows beyond public addresses and the protocol's usual ports."""

    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    allowed_ports: frozenset[int] = frozenset()
