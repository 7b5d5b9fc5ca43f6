"""`manage.py receive` refuses in one sentence what cannot be started."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("domain", "options", "words"),
    [
        ("", {"smtp": 0}, "MAIL_DOMAIN is not set"),
        ("in.example.test", {}, "Say where to listen"),
        ("in.example.test", {"smtp": 70_000}, "A port is a number"),
        ("in.example.test", {"lmtp": 0, "max_mb": 0}, "--max-mb is a number"),
    ],
)
def test_what_cannot_be_is_said(settings: Any, domain: str, options: dict[str, int], words: str) -> None:
    settings.MAIL_DOMAIN = domain
    with pytest.raises(CommandError, match=words):
        call_command("receive", **options)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "manage.py", "receive", "--smtp", port],
            env={**os.environ, "MAIL_DOMAIN": "in.example.test"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode != 0
    assert f"127.0.0.1 {port}" in done.stderr
    assert "cannot be opened" in done.stderr
    assert "Traceback" not in done.stderr
