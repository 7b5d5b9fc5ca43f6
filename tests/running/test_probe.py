"""The health checks of the containers, as far as they need no container."""

from __future__ import annotations

import pytest

from helpdesk.running import probe
from helpdesk.running.programs import free_port


@pytest.mark.parametrize(
    ("allowed", "asked"),
    [
        ("desk.example.com,other.example.com", "desk.example.com"),
        (" .example.com", "example.com"),
        ("*", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_pages_are_asked_under_a_name_they_answer_to(
    monkeypatch: pytest.MonkeyPatch, allowed: str, asked: str
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)
    assert probe.own_host() == asked


def test_a_port_that_nobody_listens_on_is_unhealthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main(["port", str(free_port())]) == 1
    assert capsys.readouterr().err == "port: no sign of life\n"
