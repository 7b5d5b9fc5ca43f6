"""Every error of a command is one clear line and a code that is not 0."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.env import env

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"SECRET_KEY": "x", "ENCRYPTION_KEYS": f"k1:{'A' * 43}="}


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """The code and what was said of an error."""
    done = subprocess.run(
        (sys.executable, "manage.py", *arguments),
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MAIL_ALLOWED_NETWORKS", "10.0.0.1/8", "has host bits set"),
        ("MAIL_ALLOWED_PORTS", "imap", "Write ports such as"),
        ("POLL_INTERVAL_S", "86401", "from 10 to 86400"),
        ("LEASE_S", "nan", "at least 1"),
        ("DEMO", "perhaps", "Write yes or no"),
        ("EMAIL_URL", "gopher://x", "smtp+tls://"),
        ("LOG_LEVEL", "loud", "DEBUG"),
        ("TIME_ZONE", "Mars/Olympus", "Europe/Berlin"),
        ("BASE_URL", "helpdesk", "https://helpdesk.example.com"),
        ("DATABASE_URL", "nowhere", "postgres://"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_with_what_to_write(name: str, value: str, words: str) -> None:
    code, said = run("doctor", **KEYS | {name: value})
    assert (code, said.count("\n")) == (1, 0)
    assert said.startswith("postroom: ")
    assert name in said
    assert words in said


@pytest.mark.parametrize("name", ["SECRET_KEY", "ENCRYPTION_KEYS"])
def test_without_keys_nothing_starts(name: str) -> None:
    code, said = run("doctor", **KEYS | {name: "", "DATABASE_URL": "postgres://a:b@127.0.0.1:1/c"})
    assert code == 1
    assert said.startswith(f"postroom: {name} is not set. Set it, or {name}_FILE")


def test_a_setting_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("gopher://x")
    assert "EMAIL_URL cannot be read" in run("doctor", EMAIL_URL_FILE=str(tmp_path / "url"))[1]


def test_the_line_end_of_a_file_is_no_part_of_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hosts").write_text("a.example,b.example\n")
    monkeypatch.setenv("SOME_HOSTS_FILE", str(tmp_path / "hosts"))
    assert env.list("SOME_HOSTS") == ["a.example", "b.example"]


def test_a_file_that_a_setting_names_and_that_is_not_there_is_named() -> None:
    code, said = run("doctor", SECRET_KEY_FILE="/nowhere/key", SECRET_KEY="")
    assert (code, said.count("\n")) == (1, 0)
    assert "/nowhere/key" in said


@pytest.mark.parametrize(
    "command",
    ["inbound_log --organization a", "create_organization a --name A --owner-email a@b.test", "poll_mailbox 1"],
)
def test_a_database_that_is_away_is_said_in_one_line(command: str) -> None:
    code, said = run(*command.split(), **KEYS, DATABASE_URL="postgres://a:b@127.0.0.1:1/c", LOG_LEVEL="ERROR")
    assert (code, said.count("\n")) == (1, 0)
    assert said.startswith("CommandError: The database cannot be used: ")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("poll_mailbox abc", "invalid int value: 'abc'"),
        ("inbound_log", "required: --organization"),
        ("add_mailbox --imap-security ssl", "invalid choice: 'ssl'"),
        ("inspect_email", "required: FILE"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(command: str, words: str) -> None:
    code, said = run(*command.split())
    assert (code, said.count("\n")) == (2, 0)
    assert words in said


def test_output_is_utf8_in_every_locale_and_whatever_a_file_is_called(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.eml"
    Path(os.fsdecode(name)).write_bytes("Subject: 電気\r\n\r\nGrüße\r\n".encode())
    done = subprocess.run(
        [sys.executable, "manage.py", "inspect_email", name, "--json-lines"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    seen = json.loads(done.stdout.decode())
    assert (seen["subject"], os.fsencode(seen["file"])) == ("電気", name)


def test_who_stops_reading_gets_no_traceback() -> None:
    mails = [str(path) for path in sorted((ROOT / "tests/mail").glob("*.eml"))]
    with subprocess.Popen(
        (sys.executable, "manage.py", "inspect_email", *mails, "--json"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert (running.stderr.read(), running.wait()) == (b"", 141)
