"""`manage.py receive` refuses in one sentence what cannot be started."""

from __future__ import annotations

import socket
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


def test_a_port_that_is_taken_is_named(settings: Any) -> None:
    settings.MAIL_DOMAIN = "in.example.test"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"cannot be opened .127.0.0.1 {port}"):
            call_command("receive", smtp=port)
