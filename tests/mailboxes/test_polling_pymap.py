"""Polling pymap, an IMAP server without CONDSTORE: what moved is seen without MODSEQ, what did not is not listed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.sandbox.accounts import PASSWORD, SUPPORT, Sandbox
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import SecurityChoice
from mailboxes.services.setup.connecting import note_existing
from mailboxes.services.setup.connections import source_of
from mailboxes.services.setup.mailbox_inputs import ServerInput
from tests.factories.mailboxes import make_mailbox
from tests.mailboxes.account import Polled, mail
from tests.servers.ports import free_port, is_listening
from tests.servers.process import ServerProcess, temporary_folder

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
PYMAP = Path(sys.executable).with_name("pymap")


class Sandboxed(Polled):
    """The sandbox's support account, and the mailbox that reads it."""

    def __init__(self, sandbox: Sandbox, organization: Any, *, port: int) -> None:
        self.sandbox = sandbox
        self.organization = organization
        self.port = port

    def connect(self, **values: Any) -> None:
        incoming = ServerInput(
            host="127.0.0.1", port=self.port, security=SecurityChoice.NONE, username=SUPPORT, password=PASSWORD
        )
        mailbox = make_mailbox(self.organization, incoming=incoming, address=SUPPORT, **values)
        self.mailbox_id = mailbox.id
        note_existing(mailbox)

    def deliver(self, *numbers: int) -> None:
        for number in numbers:
            self.sandbox.deliver(SUPPORT, mail(number))

    def left(self) -> int:
        """How many mails lie in the inbox."""
        return len(self.sandbox.maildir("support"))


@pytest.fixture
def sandboxed(settings: Any, tmp_path: Path, fernhollow: Any) -> Iterator[Sandboxed]:
    from ipaddress import ip_network

    folder, port = temporary_folder("pymap"), free_port()
    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)
    settings.MAIL_ALLOWED_PORTS, settings.MAIL_ALLOW_CLEARTEXT = frozenset({port}), True
    settings.MEDIA_ROOT = tmp_path / "files"
    sandbox = Sandbox(folder)
    sandbox.prepare()
    arguments = (str(PYMAP), "--host", "127.0.0.1", "--port", str(port), "--no-tls", "maildir", str(folder))
    server = ServerProcess(arguments, folder=folder, environment={"TMPDIR": str(folder)})
    try:
        server.wait_until(lambda: is_listening(port))
        yield Sandboxed(sandbox, fernhollow, port=port)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.req("S5.79", "S5.80")
def test_mail_is_brought_in_once_and_an_idle_folder_is_told_without_modseq(sandboxed: Sandboxed, settings: Any) -> None:
    sandboxed.connect()
    sandboxed.deliver(1, 2)
    assert sandboxed.poll().stored == 2
    with organization_scope(sandboxed.organization.id):
        source = source_of(sandboxed.mailbox())
    with source.open() as session:
        assert session.state.fingerprint == sandboxed.mailbox().fingerprint
        assert session.state.fingerprint.endswith(":")
    assert sandboxed.poll().listed == 0
    sandboxed.deliver(3)
    with clock.held_at(clock.in_seconds(settings.RECONCILE_S + 60)):
        assert sandboxed.poll().stored == 1
    assert sandboxed.raw_count() == 3


def test_imported_mail_is_deleted_in_a_later_pass(sandboxed: Sandboxed) -> None:
    sandboxed.connect(after_import="delete")
    sandboxed.deliver(1, 2)
    sandboxed.poll()
    assert sandboxed.left() == 2
    sandboxed.poll()
    assert (sandboxed.left(), sandboxed.raw_count()) == (0, 2)
