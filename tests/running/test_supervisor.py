"""Children are kept running, and end with their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from helpdesk.running.programs import CannotStart, require_free_port
from tests.servers.waiting import wait_until

CHILD = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"


def start(tmp_path: Path) -> subprocess.Popen[bytes]:
    """A supervisor of one child that writes down its pid."""
    program = textwrap.dedent(
        f"""
        import sys
        from helpdesk.running.supervisor import Child, Supervisor
        child = Child("child", (sys.executable, "-c", {CHILD!r}, {str(tmp_path / "pids")!r}))
        with Supervisor([child], log_folder=None, say=print) as all_of:
            all_of.watch()
        """
    )
    return subprocess.Popen([sys.executable, "-c", program])


def pids(tmp_path: Path) -> list[int]:
    path = tmp_path / "pids"
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_dead_child_is_started_again_and_all_end_on_a_signal(tmp_path: Path) -> None:
    supervisor = start(tmp_path)
    wait_until(lambda: len(pids(tmp_path)) == 1)
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    wait_until(lambda: len(pids(tmp_path)) == 2)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(30) == 0
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_children_end_with_a_killed_parent(tmp_path: Path) -> None:
    supervisor = start(tmp_path)
    wait_until(lambda: len(pids(tmp_path)) == 1)
    supervisor.kill()
    supervisor.wait()
    wait_until(lambda: not is_alive(pids(tmp_path)[0]))


def test_a_taken_port_is_a_sentence_with_its_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port}.*Choose another\.$"):
            require_free_port("127.0.0.1", port, cure="Choose another.")
