"""What a page asks for after its test must not meet a database that is being emptied."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.servers.gate import Gate


@pytest.mark.both
def test_nothing_goes_in_while_the_gate_is_shut(quiet_server: Any, gate: Gate) -> None:
    address = f"{quiet_server.url}/accounts/login/"
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.status == 200
    gate.shut()
    with pytest.raises(urllib.error.HTTPError, match="500"):
        urllib.request.urlopen(address, timeout=30)
    gate.open()
    with urllib.request.urlopen(address, timeout=30) as answer:
        assert answer.status == 200
