"""The example of the documentation does what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpdesk.lib import clock, webhook_signatures
from ticketing.models import EventType

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api" / "webhooks.md"


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """The function of the page."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # the page's own
    found: Callable[..., bool] = names["is_genuine"]
    return found


@pytest.mark.req("S3.6")
def test_the_example_of_the_page_verifies_our_calls_and_no_others(is_genuine: Callable[..., bool]) -> None:
    secret, former = webhook_signatures.new_secret(), webhook_signatures.new_secret()
    made = webhook_signatures.headers(b"{}", event_id="evt_1", at=clock.now(), keys=[secret, former])
    assert is_genuine(secret, made, b"{}")
    assert is_genuine(former, made, b"{}")
    assert not is_genuine(secret, made, b"{ }")
    assert not is_genuine(webhook_signatures.new_secret(), made, b"{}")
    assert not is_genuine(secret, made, b"{}", now=clock.now().timestamp() + 301)


def test_the_page_names_every_type() -> None:
    assert set(re.findall(r"^\| `([a-z.]+)` \|", PAGE.read_text(), re.MULTILINE)) == {*EventType.values, "test"}
