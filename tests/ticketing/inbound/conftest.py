"""A mailbox of fernhollow, in whose scope these tests run."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    """support@fernhollow.test."""
    from tests.factories.outgoing import make_mailbox

    return make_mailbox(address="support@fernhollow.test")
