"""An installation of Postroom in processes of its own: they can be killed at named points, stopped and starved.

The test looks from outside: commands go in through `manage.py`, and SQL reads what came of them. All tests of a run
share one installation; each makes mailboxes of its own. `python -m pytest` starts the processes by `zygote`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import pytest

from tests.databases import copy_on_server
from tests.servers.waiting import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
SLUG = "fernhollow"
MAIL_DOMAIN = "in.example.test"
PASSWORD = "mail pass word"
LEASE_S = 1.5  # short, so that what a dead worker held is free soon
COMMAND_TIMEOUT_S = 300  # of a machine that does other things, too
LOCK_TIMEOUT_S = 60  # SQLite: after a death, whoever comes first goes through what the dead left; the others wait


@dataclass(frozen=True)
class Ended:
    """A command that is over."""

    code: int  # its exit code; minus the signal's number if a signal ended it
    output: str
    errors: str

    @property
    def was_killed(self) -> bool:
        """True if it died by SIGKILL, so that its fault point was reached."""
        return self.code == -signal.SIGKILL


@dataclass(frozen=True)
class Running:
    """A command under way."""

    pid: int
    base: Path  # of the files that hold its output

    def is_over(self) -> bool:
        """It has ended, by itself or killed."""
        return self._code.exists()

    def wait(self) -> Ended:
        """It has ended, by itself or killed."""
        wait_until(self.is_over, timeout_s=COMMAND_TIMEOUT_S, what="the end of the command")
        output, errors = (self.base.with_suffix(suffix).read_text() for suffix in (".out", ".err"))
        return Ended(int(self._code.read_text()), output, errors)

    @property
    def _code(self) -> Path:
        return self.base.with_suffix(".code")

    def wait_until_stopped(self) -> None:
        """A signal has stopped it (state T)."""
        stat = Path(f"/proc/{self.pid}/stat")
        is_stopped = lambda: stat.read_text().rpartition(")")[2].split()[0] == "T"  # noqa: E731  one line, used once
        wait_until(is_stopped, timeout_s=COMMAND_TIMEOUT_S, what="the stop")

    def go_on(self) -> Ended:
        """It was stopped, went on and has ended."""
        os.kill(self.pid, signal.SIGCONT)
        return self.wait()

    def kill(self) -> Ended:
        """It was killed, wherever it was."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()


class Installation:
    """One database and one data folder with the organization `SLUG`; every command is a new process."""

    def __init__(self, environment: dict[str, str]) -> None:
        """environment: of `with_database`."""
        self.environment = environment | {"LEASE_S": str(LEASE_S), "DJANGO_SETTINGS_MODULE": "helpdesk.settings"}
        self.files = Path(environment["DATA_DIR"]) / "files"
        self._outputs = Path(environment["DATA_DIR"]) / "outputs"
        self._numbers = count(1)
        self._started: list[Running] = []

    def __enter__(self) -> Self:
        self._outputs.mkdir()
        self._zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.script(f"from tests.factories.people import make_organization; make_organization({SLUG!r})")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zygote.communicate(timeout=COMMAND_TIMEOUT_S)

    def end_all(self) -> None:
        """What a test that failed left running or stopped is over, so that the next one finds nothing locked."""
        for running in self._started:
            if not running.is_over():
                running.kill()
        self._started.clear()

    def start(self, *arguments: object, fault: str = "", **environment: str) -> Running:
        """`manage.py` runs with these arguments. fault: what happens at which point (helpdesk.lib.faults)."""
        return self._start({"arguments": [*map(str, arguments)]}, environment | {"POSTROOM_FAULT": fault})

    def manage(self, *arguments: object, fault: str = "", **environment: str) -> Ended:
        """`manage.py` has ended, by itself or killed."""
        return self.start(*arguments, fault=fault, **environment).wait()

    def succeed(self, *arguments: object, **environment: str) -> str:
        """What the command printed. Fails with its errors when it did not succeed."""
        return _succeeded(self.manage(*arguments, **environment))

    def script(self, code: str) -> str:
        """What these lines print, run inside Django; for arranging what no command makes."""
        return _succeeded(self.start_script(code).wait())

    def start_script(self, code: str, *, fault: str = "") -> Running:
        """These lines run inside Django."""
        return self._start({"code": code}, {"POSTROOM_FAULT": fault})

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds of the organization `SLUG`; values stand for %s."""
        url = self.environment["DATABASE_URL"]
        if not url:
            path = Path(self.environment["DATA_DIR"]) / "postroom.sqlite3"
            with closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)) as database:
                return database.execute(sql.replace("%s", "?"), values).fetchall()
        with psycopg.connect(url) as connection:
            name_it = "SELECT set_config('app.organization', id::text, true) FROM accounts_organization WHERE slug = %s"
            connection.execute(name_it, [SLUG])
            return connection.execute(sql, values).fetchall()

    def add_mailbox(self, user: str, *arguments: object, port: int, protocol: str = "imap") -> int:
        """A mailbox of `SLUG` on the server at this port of localhost; only polled when asked."""
        number = next(self._numbers)
        names = ("--organization", SLUG, "--name", f"{user} {number}", "--address", f"{user}.{number}@example.test")
        server = (
            f"--{protocol}-host",
            "localhost",
            f"--{protocol}-port",
            port,
            "--username",
            user,
            "--password-env",
            "MAIL_PASSWORD",
        )
        added = self.succeed("add_mailbox", *names, *server, "--disabled", *arguments, MAIL_PASSWORD=PASSWORD)
        return int(json.loads(added)["id"])

    def poll(self, mailbox_id: int, *arguments: str) -> dict[str, Any]:
        """What `poll_mailbox` counted."""
        return dict(json.loads(self.succeed("poll_mailbox", mailbox_id, *arguments)))

    def _start(self, request: dict[str, Any], environment: dict[str, str]) -> Running:
        number = next(self._numbers)
        request |= {"number": number, "folder": str(self._outputs), "environment": environment}
        assert self._zygote.stdin is not None
        assert self._zygote.stdout is not None
        self._zygote.stdin.write(json.dumps(request) + "\n")
        self._zygote.stdin.flush()
        running = Running(int(self._zygote.stdout.readline()), self._outputs / str(number))
        self._started.append(running)
        return running


def _succeeded(ended: Ended) -> str:
    assert ended.code == 0, ended.errors
    return ended.output


def with_database(environment: dict[str, str], template: str, *, name: str) -> dict[str, str]:
    """The environment with a migrated database of its own, a copy of the template. name: it has on PostgreSQL."""
    if not os.environ.get("DATABASE_URL"):
        shutil.copy(template, Path(environment["DATA_DIR"]) / "postroom.sqlite3")
        return environment
    copy_on_server(template, name=name)
    urls = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return environment | {url: f"{os.environ[url].rpartition('/')[0]}/{name}" for url in urls}


def in_turn_or_alone(kills: Sequence[Any]) -> pytest.MarkDecorator:
    """The test gets `kills` as a list of them all, and in the long run each alone besides."""
    alone = [pytest.param([kill], marks=pytest.mark.long, id=str(kill)) for kill in kills]
    return pytest.mark.parametrize("kills", [pytest.param(list(kills), id="in turn"), *alone])


def allow_mail_servers(environment: dict[str, str], *, ports: Sequence[int], ca_path: Path) -> dict[str, str]:
    """The environment in which mail servers of this machine may be used, at these ports."""
    return environment | {
        "MAIL_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "MAIL_ALLOWED_PORTS": ",".join(map(str, ports)),
        "MAIL_CA_FILE": str(ca_path),
        "MAIL_CONNECT_TIMEOUT_S": "5",
        "MAIL_READ_TIMEOUT_S": "5",
    }
