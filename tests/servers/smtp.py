"""A private SMTP server in its own process that behaves as the test says and keeps what it received."""

import dataclasses
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.ports import free_port, is_listening
from tests.servers.process import ServerProcess
from tests.servers.server import PrivateServer
from tests.servers.smtp_behaviour import Behaviour
from tests.servers.smtp_process import FORGOTTEN
from tests.servers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ReceivedMail:
    """One delivery: the recipients that were accepted in one transaction, and the bytes."""

    raw: bytes  # CRLF line ends, dots unstuffed
    sender: str  # of the envelope; empty for bounces
    recipients: tuple[str, ...]  # of the envelope, in the order they were given
    options: tuple[str, ...]  # of MAIL, such as "SIZE=1000"
    user: str | None  # who signed in
    was_encrypted: bool


class SmtpServer(PrivateServer):
    """A running server: `port` is in clear text with STARTTLS, `tls_port` is TLS from the first byte."""

    def __init__(
        self, *, authority: CertificateAuthority | None = None, certificate: Certificate | None = None
    ) -> None:
        super().__init__("smtp")
        self.authority = authority or CertificateAuthority(self.folder)
        self.port = free_port()
        self.tls_port = free_port()
        self.behaviour = Behaviour()
        self._certificate = certificate or self.authority.issue()

    @property
    def ca_path(self) -> Path:
        """The certificate of the authority that a client has to trust."""
        return self.authority.ca_path

    def behave(self, **changes: Any) -> None:
        """New connections meet the present behaviour with these fields of `Behaviour` changed."""
        self.behaviour = dataclasses.replace(self.behaviour, **changes)
        self.behaviour.save(self.folder / "behaviour.json")

    def reset(self) -> None:
        """The server runs, accepts everything again and has received nothing."""
        self.behaviour = Behaviour()
        self.behave()
        if self._process is None or not self._process.is_running:
            self.start()
        self._forget()
        for path in self._received_folder.iterdir():
            path.unlink()

    def _forget(self) -> None:
        """Every connection was cut, and mails are counted from one again; dearer by far would be a new process."""
        assert self._process is not None
        forgotten = self.folder / FORGOTTEN
        forgotten.unlink(missing_ok=True)
        self._process.resume()
        os.kill(self._process.pid, signal.SIGHUP)
        wait_until(forgotten.exists, what="that the SMTP server forgets")

    @property
    def received(self) -> list[ReceivedMail]:
        """Everything that was accepted, oldest first."""
        return [_read(path) for path in sorted(self._received_folder.glob("*.json"))]

    def wait_for(self, count: int, *, timeout_s: float = 10) -> list[ReceivedMail]:
        """What was received, as soon as there are at least `count` mails.

        Raises: TimeoutError if there are still fewer after timeout_s.
        """
        wait_until(
            lambda: len(self.received) >= count, timeout_s=timeout_s, what=f"the arrival of {count} mails by SMTP"
        )
        return self.received

    def start(self) -> None:
        """The server answers, on the same ports as ever."""
        arguments = [sys.executable, "-m", "tests.servers.smtp_process", str(self.folder)]
        environment = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = ServerProcess(arguments, folder=self.folder, environment=environment)
        self._process.wait_until(lambda: is_listening(self.tls_port) and is_listening(self.port))

    def _come_up(self) -> None:
        self._write_settings()
        self.start()

    @property
    def _received_folder(self) -> Path:
        return self.folder / "received"

    def _write_settings(self) -> None:
        self._received_folder.mkdir()
        self.behave()
        settings = {
            "ports": {"clear": self.port, "tls": self.tls_port},
            "certificate": str(self._certificate.path),
        }
        (self.folder / "settings.json").write_text(json.dumps(settings))


def _read(path: Path) -> ReceivedMail:
    facts = json.loads(path.read_text())
    return ReceivedMail(
        raw=path.with_suffix(".eml").read_bytes(),
        sender=facts["sender"],
        recipients=tuple(facts["recipients"]),
        options=tuple(facts["options"]),
        user=facts["user"],
        was_encrypted=facts["was_encrypted"],
    )
