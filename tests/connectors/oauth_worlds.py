"""Providers under test and what connectors are told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import OAuthConfig
from tests.connectors.configs import LOOPBACK, PATIENT
from tests.fakes.https import HttpsServer

CALLBACK = "https://desk.example/oauth/callback/"


def guard_for(server: HttpsServer) -> HostGuard:
    """A guard that lets this server through."""
    return HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({server.port}))


def config(server: HttpsServer, **changes: Any) -> OAuthConfig:
    """An app at the fake Entra; changed as said."""
    usual = OAuthConfig(
        provider="microsoft",
        client_id="app-1",
        client_secret="s3cret",
        scopes=(f"https://{server.host}/.default",),
        guard=guard_for(server),
        timeouts=PATIENT,
        tenant="acme.example",
        ca_file=str(server.authority.ca_path),
    )
    return replace(usual, **changes)
