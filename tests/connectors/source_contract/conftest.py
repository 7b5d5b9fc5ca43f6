"""The server that a row runs on."""

from __future__ import annotations

import hashlib

import pytest

from tests.connectors.worlds import SOURCE_WORLDS, SourceWorld


@pytest.fixture(params=SOURCE_WORLDS)
def world(request: pytest.FixtureRequest) -> SourceWorld:
    """A server with an empty account that no other test uses."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    return SOURCE_WORLDS[request.param](request, f"{name}@fernhollow.example")
