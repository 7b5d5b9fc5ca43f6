"""The gate before the product on its port: between two tests nothing goes in, and what went in has come out."""

from __future__ import annotations

import threading
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started

from tests.servers.waiting import wait_until


class ShutError(Exception):
    """A page that was left open asked for something after its test had ended."""


class Gate:
    """Counts the requests under way on the port; the test client, which has no port, goes past it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._is_open = False

    def connect(self) -> None:
        """Every request from now on passes here."""
        request_started.connect(self._enter)
        request_finished.connect(self._leave)

    def disconnect(self) -> None:
        """Requests pass as if there were no gate."""
        request_started.disconnect(self._enter)
        request_finished.disconnect(self._leave)

    def open(self) -> None:
        """Requests go in."""
        with self._lock:
            self._is_open = True

    def shut(self) -> None:
        """No request goes in, and the last one has been answered, database connection closed."""
        with self._lock:
            self._is_open = False
        wait_until(lambda: self._under_way == 0, timeout_s=30, what="the answer to the last request")

    def _enter(self, sender: type | None, **_: Any) -> None:
        if not _is_on_the_port(sender):
            return
        with self._lock:
            if not self._is_open:
                raise ShutError
            self._under_way += 1

    def _leave(self, sender: type | None, **_: Any) -> None:
        if not _is_on_the_port(sender):
            return
        with self._lock:
            self._under_way -= 1


def _is_on_the_port(sender: type | None) -> bool:
    return sender is not None and issubclass(sender, WSGIHandler)
