"""What the tests of people share: quick passwords, and a cache of their own so that rate limits start at zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> Iterator[None]:
    """Hashing a password takes no time; what was hashed so is not left to other tests."""
    from tests.factories import people

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    people._hashed_password.cache_clear()
    yield
    people._hashed_password.cache_clear()


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> Iterator[None]:
    """Nobody has tried to sign in yet."""
    from django.core.cache import cache

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "accounts"}}
    cache.clear()
    yield
    cache.clear()
