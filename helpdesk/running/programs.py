"""The programs an installation is made of, and the ports they listen on."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from helpdesk.running.supervisor import Child

MAX_PORT = 65_535
ROOT = Path(__file__).resolve().parent.parent.parent
CELERY = (sys.executable, "-m", "celery", "-A", "helpdesk.celery:app")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "warning")


class CannotStart(Exception):
    """Something outside stands in the way; the message says what, and the cure."""


def web(*, host: str, port: int, environment: Mapping[str, str]) -> Child:
    """The pages, served by gunicorn."""
    bind = f"{host}:{port}"
    options = (
        "--bind",
        bind,
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        "8",
        "--log-level",
        "warning",
        "--no-control-socket",
    )
    return Child("web", (sys.executable, "-m", "gunicorn", "helpdesk.wsgi:application", *options), environment)


def worker(environment: Mapping[str, str]) -> Child:
    """Everything in the background but the clock."""
    return Child("worker", (sys.executable, "-m", "helpdesk.running.worker"), environment)


def beat(environment: Mapping[str, str]) -> Child:
    """The clock that sends the sweep. A child of its own: inside a worker it would outlive the worker's death."""
    return Child("beat", (*CELERY, "beat", "--loglevel", "warning"), environment)


def watch(environment: Mapping[str, str]) -> Child:
    """Listens to the mailboxes that want real time."""
    return Child("watch", (sys.executable, str(ROOT / "manage.py"), "watch"), environment)


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """What `manage.py` printed. Raises CannotStart with the command's own words if it failed."""
    done = subprocess.run(  # noqa: S603  our own program, no shell
        (sys.executable, str(ROOT / "manage.py"), *arguments),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise CannotStart(f"`manage.py {arguments[0]}` failed: {words[-1] if words else done.returncode}")
    return done.stdout


def require_free_port(host: str, port: int, *, cure: str) -> None:
    """Nobody listens on this port. Raises CannotStart, ending in `cure`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(f"Port {port} on {host} is not free ({error.strerror}). {cure}") from error


def port_of(text: str) -> int:
    """The port that stands in the text. Raises CannotStart."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_PORT:
        raise CannotStart(f"PORT is {text!r}. A port is a number from 1 to {MAX_PORT}.")
    return int(text)


def next_port(port: int) -> int:
    """Another port to suggest."""
    return port + 1 if port < MAX_PORT else port - 1


@contextmanager
def only_one_in(data: Path) -> Iterator[None]:
    """The folder is there, and no other supervisor runs on it meanwhile. Raises CannotStart."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data / "running.lock").open("a")
    except OSError as error:
        raise CannotStart(
            f"{data} cannot be written ({error.strerror}). Give it to this user, or choose another folder: DATA_DIR=…"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"Postroom runs on {data} already. Stop it first, or choose another folder: DATA_DIR=…"
            ) from error
        yield


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def forget_ready_workers(data: Path) -> None:
    """No worker of an earlier start counts as ready."""
    for path in data.glob("*.ready"):
        path.unlink(missing_ok=True)


def workers_are_ready(data: Path) -> bool:
    """True once both Celery processes take work."""
    return all((data / f"{pool}.ready").exists() for pool in ("transport", "intake"))


def is_answering(host: str, port: int) -> bool:
    """True once somebody accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
