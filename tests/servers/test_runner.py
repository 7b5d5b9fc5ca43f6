"""`python -m tests.servers run` lends its servers to a command and ends with it, whatever happens."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers.ports import is_listening
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.servers

RUNNER = [sys.executable, "-m", "tests.servers", "run"]
PRINT_ENVIRONMENT = "import json, os, sys; print(json.dumps(dict(os.environ)), flush=True)"
WAIT_FOR_EVER = "import signal; signal.pause()"


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1].split("/")[0])


def test_the_command_sees_the_servers_and_nothing_of_the_developers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://the.developer.test")
    output = subprocess.check_output([*RUNNER, "--", sys.executable, "-c", PRINT_ENVIRONMENT])
    environment = json.loads(output)
    assert environment["DATABASE_URL"].startswith("postgres://postroom:")
    assert environment["DATABASE_OWNER_URL"].startswith("postgres://postroom_owner:")
    assert environment["TEST_REDIS_URL"].startswith("redis://:")
    assert environment["EMAIL_URL"] == ""
    assert not Path(environment["DATA_DIR"]).exists()
    assert not is_listening(_port(environment["DATABASE_URL"]))
    assert not is_listening(_port(environment["TEST_REDIS_URL"]))


@pytest.mark.parametrize(("code", "expected"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_the_exit_code_is_the_commands(code: str, expected: int) -> None:
    command = [*RUNNER, "--sqlite", "--no-redis", "--", sys.executable, "-c", f"import os, sys; {code}"]
    assert subprocess.run(command, check=False).returncode == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_server_outlives_a_killed_runner(number: signal.Signals) -> None:
    command = [*RUNNER, "--", sys.executable, "-c", f"{PRINT_ENVIRONMENT}; {WAIT_FOR_EVER}"]
    runner = subprocess.Popen(command, stdout=subprocess.PIPE)
    environment = _first_line(runner)
    runner.send_signal(number)
    runner.wait(timeout=20)
    ports = [_port(environment["DATABASE_URL"]), _port(environment["TEST_REDIS_URL"])]
    wait_until(lambda: not any(is_listening(port) for port in ports), what="the end of both servers")


def _first_line(runner: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert runner.stdout is not None
    with runner.stdout as output:
        return dict(json.loads(output.readline()))
