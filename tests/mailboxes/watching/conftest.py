"""A mailbox that wants real time, and Microsoft reaching us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.graph import READ, READ_WRITE, SEND
from tests.mailboxes.graph import microsoft_cloud
from tests.mailboxes.watching.told import ADDRESS, PUBLIC, Told
from tests.servers.certificates import CertificateAuthority


@pytest.fixture
def told(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    quiet_server: Any,
    tmp_path: Any,
    fernhollow: Any,
) -> Iterator[Told]:
    """The mailbox, before any worker looked at it; Microsoft reaches us."""
    settings.MEDIA_ROOT, settings.PUBLIC_URL = tmp_path / "files", PUBLIC
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as microsoft:
        microsoft.entra.apps[microsoft.client_id].roles = {READ_WRITE, SEND, READ}
        microsoft.graph.mailbox(ADDRESS)
        microsoft.graph.subscriptions.reach = {PUBLIC: quiet_server.url}
        yield Told(microsoft, fernhollow)


@pytest.fixture
def subscribed(told: Told) -> Told:
    """The same, subscribed, and nothing due."""
    told.work()
    assert told.is_one()
    told.rest()
    return told
