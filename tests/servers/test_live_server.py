"""The server that browsers of tests talk to: whatever it answers leaves at once, with a body or without."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import requests
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

ANSWERS = {"/whole": ("200 OK", [b"whole"]), "/unchanged": ("304 Not Modified", []), "/empty": ("200 OK", [])}


def application(asked: dict[str, str], start: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    status, body = ANSWERS[asked["PATH_INFO"]]
    start(status, [("Content-Length", str(sum(map(len, body))))])
    return body


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the application is served as `live_server` serves the product."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("path", "status"), [("/whole", 200), ("/unchanged", 304), ("/empty", 200)])
def test_an_answer_leaves_with_or_without_a_body(address: str, path: str, status: int) -> None:
    with requests.Session() as browser:
        browser.trust_env = False
        assert browser.get(address + path, timeout=20).status_code == status
