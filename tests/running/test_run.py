"""`make run`: an empty installation that leads to its first-run page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.running.test_demo import left_of
from tests.servers.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
@pytest.mark.servers
def test_an_empty_installation_leads_to_the_first_run_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    folder = tmp_path / "installation"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    process = subprocess.Popen(
        (sys.executable, "-m", "helpdesk.running.run", "--port", str(free_port())),
        cwd=ROOT,
        env=kept | {"ENV_FILE": "", "DATA_DIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = re.fullmatch(
            r"Postroom is at (\S+)  \(data and logs in .+\)\. Ctrl-C ends it\.\n", process.stdout.readline()
        )
        assert said is not None
        with requests.Session() as browser:
            browser.trust_env = False
            assert browser.get(said[1], timeout=30).url == f"{said[1]}first-run/"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stdout.read() == "All parts have ended.\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]  # it was asked for
    assert left_of(folder) == []
