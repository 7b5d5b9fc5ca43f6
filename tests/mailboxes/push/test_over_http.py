"""Posting over a real connection: what programs send that no test client would."""

from __future__ import annotations

import json
import socket
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.factories.incoming import make_mail
from tests.mailboxes.push.conftest import Pushed

pytestmark = [pytest.mark.django_db(transaction=True)]


def send(server: Any, pushed: Pushed, head: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON of the answer; nothing is sent behind the body."""
    place = urlsplit(server.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as connection:
        lines = f"POST {pushed.address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        connection.sendall(f"{lines}Content-Type: message/rfc822\r\n{head}\r\n\r\n".encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]), json.loads(rest.partition(b"\r\n\r\n")[2])


def test_a_program_posts_a_mail(pushed: Pushed, quiet_server: Any) -> None:
    content = make_mail()
    request = urllib.request.Request(
        quiet_server.url + pushed.address, data=content, headers={"Content-Type": "message/rfc822"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert (answer.status, json.load(answer)) == (202, {"id": pushed.sightings()[0].pk})


def test_a_mail_that_is_cut_off_is_not_taken_for_whole(pushed: Pushed, quiet_server: Any) -> None:
    content = make_mail()
    status, words = send(quiet_server, pushed, f"Content-Length: {len(content) + 1}", content)
    assert (status, words["error"]) == (400, "incomplete")
    assert pushed.raws() == []


def test_a_mail_in_chunks_must_tell_its_length(pushed: Pushed, quiet_server: Any) -> None:
    status, words = send(quiet_server, pushed, "Transfer-Encoding: chunked", b"")
    assert (status, words["error"]) == (411, "length_missing")
