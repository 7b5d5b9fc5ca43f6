"""A browser signed in as an admin; files and what is cached belong to one test."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client


@pytest.fixture(autouse=True)
def quiet_surroundings(settings: Any, tmp_path: Any) -> None:
    """Cache and files of this test alone."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    """Signed in as the admin of fernhollow."""
    client.force_login(people.admin.user)
    return client


@pytest.fixture
def microsoft(entra: Any, settings: Any) -> Any:
    """Entra, where the product's callback is registered."""
    settings.BASE_URL = "https://desk.example"
    entra.apps["app-1"].redirect_uris = [f"{settings.BASE_URL}/oauth/callback/"]
    return entra
