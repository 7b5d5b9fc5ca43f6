"""The server that browsers of tests talk to: whatever it answers leaves at once, with a body or without."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

NOT_CHANGED_SINCE = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the files of the product are served as `live_server` does it, without a database."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(StaticFilesHandler(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("method", "headers", "status"), [("GET", {}, 200), ("GET", NOT_CHANGED_SINCE, 304), ("HEAD", {}, 200)]
)
def test_an_answer_leaves_with_or_without_a_body(
    address: str, method: str, headers: dict[str, str], status: int
) -> None:
    with requests.Session() as browser:
        browser.trust_env = False
        assert browser.request(method, f"{address}/static/js/app.js", headers=headers, timeout=20).status_code == status
