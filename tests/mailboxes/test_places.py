"""Places in the cache: taken, kept and lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from mailboxes.services.reading.places import give_up_place, keep_place, take_place


@pytest.fixture(autouse=True, params=["locmem.LocMemCache", "filebased.FileBasedCache"])
def cache_of_this_test(request: Any, settings: Any, tmp_path: Path) -> None:
    backend = f"django.core.cache.backends.{request.param}"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path / "cache")}}


def test_so_many_places_are_taken_and_no_more() -> None:
    taken = {take_place("host", count=2, timeout_s=60) for _ in range(2)}
    assert taken == {"host:0", "host:1"}
    assert take_place("host", count=2, timeout_s=60) is None
    give_up_place("host:1")
    assert take_place("host", count=2, timeout_s=60) == "host:1"


def test_a_place_that_ran_out_is_lost_without_a_word() -> None:
    cache.set("host:0", 1, -1)
    keep_place("host:0", timeout_s=60)
    assert take_place("host", count=1, timeout_s=60) == "host:0"
