"""Providers that the product under test takes for the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.fakes.entra import FakeEntra
from tests.fakes.google import FakeGoogle


@pytest.fixture
def oauth_settings(settings: Any, certificate_authority: Any, tmp_path: Any) -> Any:
    """The operator allows servers on this machine, with the test authority."""
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    settings.MAIL_CA_FILE = str(certificate_authority.ca_path)
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings


@pytest.fixture
def entra(oauth_settings: Any, certificate_authority: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEntra]:
    """Entra with the tenant acme.example, where app-1 is registered."""
    from mailboxes.connectors.oauth.clouds import CLOUDS

    with FakeEntra(certificate_authority) as running:
        running.add_app()
        monkeypatch.setitem(CLOUDS, "global", running.cloud)
        yield running


@pytest.fixture
def google(oauth_settings: Any, certificate_authority: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogle]:
    """Google with one client."""
    from mailboxes.connectors.oauth.generic import GOOGLE

    with FakeGoogle(certificate_authority) as running:
        monkeypatch.setitem(GOOGLE, "google", running.endpoints)
        yield running
