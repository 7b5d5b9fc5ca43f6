"""What stands in the way of a start is said in one sentence with the cure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from helpdesk.running.programs import CannotStart, next_port, only_one_in, port_of
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, OutgoingServer
from tests.factories.outgoing import make_mailbox, make_outgoing_server

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("text", ["abc", "0", "65536", "-1", "80.5", "٨"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(CannotStart, match="from 1 to 65535"):
        port_of(text)


def test_what_the_pages_loaded_at_their_start_is_not_looked_through_again() -> None:
    program = "import gc, helpdesk.wsgi; print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "10000"]


def test_the_last_port_suggests_the_one_before() -> None:
    assert (next_port(8000), next_port(65_535)) == (8001, 65_534)


def test_a_folder_takes_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with only_one_in(tmp_path), pytest.raises(CannotStart, match="already"), only_one_in(tmp_path):
        pass
    with only_one_in(tmp_path):
        pass


@pytest.mark.parametrize("program", ["helpdesk.running.demo", "helpdesk.running.run"])
@pytest.mark.parametrize(
    ("environment", "sentence"),
    [({"PORT": "abc"}, r"PORT is 'abc'\. .*"), ({"DATA_DIR": "/proc/nowhere"}, r"/proc/nowhere cannot be written .*")],
)
def test_a_start_that_cannot_be_says_one_line(program: str, environment: dict[str, str], sentence: str) -> None:
    done = subprocess.run(
        (sys.executable, "-m", program), cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.fullmatch(sentence, done.stdout.strip())
    assert done.stderr == ""


@pytest.mark.django_db
def test_the_demo_mailbox_follows_the_sandbox_to_other_ports(fernhollow: Any, settings: Any) -> None:
    from helpdesk.sandbox.management.commands.move_sandbox import Command

    with organization_scope(fernhollow.id):
        server = make_outgoing_server(11_025, password="kept")
        make_mailbox(server, connection=Connection.objects.create(host="127.0.0.1", port=11_143))
    call_command(
        Command(), "--organization", "fernhollow", "--host", "127.0.0.1", "--imap-port", "1", "--smtp-port", "2"
    )
    with organization_scope(fernhollow.id):
        moved = OutgoingServer.objects.get()
        assert (Connection.objects.get().port, moved.port, moved.password_sealed) == (1, 2, server.password_sealed)
