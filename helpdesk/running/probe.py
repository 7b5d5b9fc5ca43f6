"""`python -m helpdesk.running.probe web|worker|beat|watch|receive|port N`: a container's health check; exits 0 or 1."""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Callable
from datetime import timedelta

SWEEP_WITHIN = timedelta(seconds=60)


def web() -> bool:
    """The pages answer, and reach their database."""
    request = urllib.request.Request("http://127.0.0.1:8000/health/", headers={"Host": own_host()})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # engines may put their proxy here
    with direct.open(request, timeout=8) as answer:
        return bool(answer.status == 200)


def own_host() -> str:
    """A host name that the pages of this container answer to: the first of ALLOWED_HOSTS."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().removeprefix(".")
    return host if host not in ("", "*") else "127.0.0.1"


def worker() -> bool:
    """Both Celery processes of this container answer over the broker."""
    from helpdesk.celery import app
    from helpdesk.running.worker import names

    wanted = names()
    return len(app.control.ping(destination=wanted, timeout=5.0)) == len(wanted)


def beat() -> bool:
    """A sweep that beat sent was done within the last minute."""
    import helpdesk.wsgi  # noqa: F401  sets Django up
    from helpdesk.lib import clock
    from helpdesk.tenancy import drains

    swept_at = drains.last_sweep_at()
    return swept_at is not None and clock.now() - swept_at < SWEEP_WITHIN


def watch() -> bool:
    """The watcher said within half a minute that it is there."""
    return _gave_sign("watch")


def receive() -> bool:
    """Who takes mail from mail servers said within half a minute that it is there."""
    return _gave_sign("receive")


def _gave_sign(part: str) -> bool:
    import helpdesk.wsgi  # noqa: F401  sets Django up
    from helpdesk.running import signs

    return signs.is_alive(part)


def main(arguments: list[str]) -> int:
    """The exit code for these arguments; stderr says in one line why it is 1."""
    from django.db import DatabaseError
    from kombu.exceptions import KombuError
    from redis import RedisError

    from helpdesk.running.programs import is_answering

    probes: dict[str, Callable[[], bool]] = {
        "web": web,
        "worker": worker,
        "beat": beat,
        "watch": watch,
        "receive": receive,
        "port": lambda: is_answering("127.0.0.1", int(arguments[1])),
    }
    try:
        reason = "" if probes[arguments[0]]() else "no sign of life"
    except (OSError, DatabaseError, KombuError, RedisError) as problem:
        reason = str(problem)
    if reason:
        sys.stderr.write(f"{arguments[0]}: {reason}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
