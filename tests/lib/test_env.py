"""Settings from the environment: what they may be, and what they are where nothing is said."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from helpdesk.env import public_address


@pytest.mark.parametrize(
    ("said", "base_url", "found"),
    [
        ("", "https://desk.example.com", "https://desk.example.com"),
        ("", "http://desk.example.com", ""),
        ("", "https://localhost:8000", ""),
        ("", "https://desk", ""),
        ("", "https://desk.corp", ""),
        ("", "https://10.0.0.5", ""),
        ("", "https://[::1]", ""),
        ("", "https://8.8.8.8", "https://8.8.8.8"),
        ("none", "https://desk.example.com", ""),
        ("https://notify.example.com/", "http://10.0.0.5", "https://notify.example.com"),
        ("https://notify.corp", "http://10.0.0.5", "https://notify.corp"),
    ],
)
def test_the_public_address_is_one_that_providers_can_call_or_none(
    monkeypatch: pytest.MonkeyPatch, said: str, base_url: str, found: str
) -> None:
    monkeypatch.setenv("PUBLIC_URL", said)
    assert public_address("PUBLIC_URL", base_url=base_url) == found


@pytest.mark.parametrize("said", ["http://desk.example.com", "desk.example.com", "yes"])
def test_a_public_address_without_encryption_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", said)
    with pytest.raises(ImproperlyConfigured, match="PUBLIC_URL"):
        public_address("PUBLIC_URL", base_url="https://desk.example.com")
