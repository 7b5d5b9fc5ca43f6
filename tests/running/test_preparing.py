"""What `make` needs from the machine and does not find is one clear sentence with the cure."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CI = Path(__file__).resolve().parents[2] / ".ci"
# Answers as a Python that is new enough, and has no module that is asked for.
WITHOUT_VENV = '#!/bin/sh\ncase "$*" in *version_info*) exit 0 ;; esac\nexit 1\n'
OF_A_BARE_MACHINE = ("sh", "dirname", "ls", "grep", "sed", "id")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing was made yet."""
    (tmp_path / ".ci").mkdir()
    for name in ("venv", "test-packages"):
        shutil.copy(CI / name, tmp_path / ".ci" / name)
    return tmp_path


def said(checkout: Path, *command: str, **environment: str) -> str:
    """What the script says while it fails."""
    done = subprocess.run(
        (str(checkout / ".ci" / command[0]), *command[1:]), env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    return done.stderr


def test_a_python_without_venv_is_said_with_what_to_install(checkout: Path) -> None:
    python = checkout / "python3"
    python.write_text(WITHOUT_VENV)
    python.chmod(0o755)
    words = said(checkout, "venv", "requirements.txt", ".stamp", PYTHON=str(python), PATH="/usr/bin:/bin")
    cure = "install it (Debian, Ubuntu: apt install python3-venv) and run this again."
    assert words == f"postroom: {python} has no venv module; {cure}\n"


def test_an_old_python_is_said_with_what_to_install(checkout: Path) -> None:
    words = said(checkout, "venv", "requirements.txt", ".stamp", PYTHON="/bin/false", PATH="/usr/bin:/bin")
    assert words.startswith("postroom: Python 3.11 or newer is needed and was not found; install it")
    assert words.count("\n") == 1


def test_servers_that_tests_miss_and_may_not_install_are_named(checkout: Path) -> None:
    programs = checkout / "bin"
    programs.mkdir()
    for name in OF_A_BARE_MACHINE:
        (programs / name).symlink_to(shutil.which(name) or name)
    words = said(checkout, "test-packages", PATH=str(programs), PYTHON=sys.executable)
    missing, cure = words.splitlines()
    assert missing.startswith("postroom: the tests need programs that are not installed:")
    assert "redis-server" in missing
    assert "apt-get install --no-install-recommends" in cure
    assert "redis-server" in cure
