"""A mailbox of fernhollow that can send, in whose scope these tests run."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    """support@fernhollow.test, with an outgoing server."""
    from tests.factories.outgoing import make_mailbox, make_outgoing_server

    return make_mailbox(make_outgoing_server(), address="support@fernhollow.test", name="Support", from_name="")
