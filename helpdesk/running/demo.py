"""`make demo`: Postroom with a mail world of its own on this machine, and a dozen mails that arrive by themselves.

`--check` does the same on free ports in a throw-away folder, without a browser, and measures each leg.
"""

from __future__ import annotations

import argparse
import os
import secrets
import smtplib
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from imapclient import IMAPClient

from helpdesk.running import programs
from helpdesk.running.supervisor import Child, Supervisor
from helpdesk.sandbox.accounts import PASSWORD, SUPPORT, Sandbox
from helpdesk.sandbox.mails import sample_mails

HOST = "127.0.0.1"
ORGANIZATION = "demo"
OWNER = "owner@demo.test"
POLL_INTERVAL_S = 10
TICKETS_WITHIN_S = 20.0  # of "ready", the sample mails are tickets


@dataclass(frozen=True)
class Demo:
    """One demonstration: where it lives and which ports it has."""

    folder: Path
    web_port: int
    imap_port: int
    smtp_port: int

    @property
    def address(self) -> str:
        """What to open."""
        return f"http://{HOST}:{self.web_port}/"

    @property
    def sandbox(self) -> Sandbox:
        """Its mail world."""
        return Sandbox(self.folder / "sandbox")

    @property
    def _seeded(self) -> Path:
        """A file that is there once the sample mails were sent."""
        return self.folder / "seeded"

    @property
    def environment(self) -> dict[str, str]:
        """The settings its parts run with; those of an installation on the same machine play no part."""
        own = {
            "ENV_FILE": "",
            "DEMO": "yes",
            "DATA_DIR": str(self.folder),
            "SECRET_KEY": "",
            "ENCRYPTION_KEYS": "",
            "DATABASE_URL": "",
            "DATABASE_OWNER_URL": "",
            "CELERY_BROKER_URL": "",
            "CACHE_URL": "",
            "BASE_URL": self.address.rstrip("/"),
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "BEHIND_PROXY": "no",
            "MAIL_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MAIL_ALLOWED_PORTS": f"{self.imap_port},{self.smtp_port}",
            "MAIL_ALLOW_CLEARTEXT": "yes",
            "MAIL_DOMAIN": "",
            "PUBLIC_URL": "none",
            "EMAIL_URL": f"smtp://{HOST}:{self.smtp_port}",
            "SANDBOX_SMTP_PORT": str(self.smtp_port),
        }
        return own | {f"{name}_FILE": "" for name in own}  # which would come before the values

    def parts(self) -> list[Child]:
        """Everything that runs, the mail server first."""
        pymap = (
            str(Path(sys.executable).with_name("pymap")),
            "--host",
            HOST,
            "--port",
            str(self.imap_port),
            "--no-tls",
        )
        smtp = (sys.executable, "-m", "helpdesk.sandbox.smtp", str(self.sandbox.folder), str(self.smtp_port))
        return [
            # pymap renames its temporary files into the maildir, and /tmp may be another file system.
            Child("sandbox-imap", (*pymap, "maildir", str(self.sandbox.folder)), {"TMPDIR": str(self.sandbox.folder)}),
            Child("sandbox-smtp", smtp),
            programs.web(host=HOST, port=self.web_port, environment=self.environment),
            programs.worker(self.environment),
            programs.beat(self.environment),
            programs.watch(self.environment),
        ]

    def is_ready(self) -> bool:
        """True once every server answers and the workers take work."""
        ports = (self.web_port, self.imap_port, self.smtp_port)
        return programs.workers_are_ready(self.folder) and all(programs.is_answering(HOST, port) for port in ports)

    def owner_password(self) -> str:
        """The demo owner's password, made once for this folder."""
        path = self.folder / "owner-password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(9))
        return path.read_text()

    def prepare(self) -> None:
        """The database stands, the sandbox has its accounts, and a mailbox from before reads from its ports.

        Raises CannotStart.
        """
        another = programs.next_port(self.web_port)
        for port in (self.web_port, self.imap_port, self.smtp_port):
            cure = f"Stop the program that has it, or choose another web port: make demo PORT={another}"
            programs.require_free_port(HOST, port, cure=cure)
        (self.folder / "logs").mkdir(parents=True, exist_ok=True, mode=0o700)
        self.sandbox.prepare()
        programs.forget_ready_workers(self.folder)
        programs.manage("migrate", "--verbosity", "0", environment=self.environment)
        if self._seeded.exists():
            self.move_mailbox()  # before anything runs: a poll at the ports of before fails, and is put off for minutes

    def connect_mailbox(self) -> None:
        """The organization and its mailbox exist; the sample mails have been sent, once for this folder."""
        if self._seeded.exists():
            return
        passwords = {"DEMO_OWNER_PASSWORD": self.owner_password(), "DEMO_MAILBOX_PASSWORD": PASSWORD}
        environment = self.environment | passwords
        programs.manage(
            *("create_organization", ORGANIZATION, "--name", "Demo Outfitters", "--owner-email", OWNER),
            *("--owner-password-env", "DEMO_OWNER_PASSWORD"),
            environment=environment,
        )
        programs.manage(
            *("add_mailbox", "--organization", ORGANIZATION, "--name", "Support", "--address", SUPPORT),
            *("--imap-host", HOST, "--imap-port", str(self.imap_port), "--imap-security", "none"),
            *("--username", SUPPORT, "--password-env", "DEMO_MAILBOX_PASSWORD"),
            *("--smtp-host", HOST, "--smtp-port", str(self.smtp_port), "--smtp-security", "none"),
            *("--existing", "open", "--start-date", "2000-01-01", "--poll-interval", str(POLL_INTERVAL_S)),
            environment=environment,
        )
        self.send_samples()
        self._seeded.touch()

    def move_mailbox(self) -> None:
        """The mailbox of an earlier start reads from and sends through the ports of this one."""
        programs.manage(
            *("move_sandbox", "--organization", ORGANIZATION, "--host", HOST),
            *("--imap-port", str(self.imap_port), "--smtp-port", str(self.smtp_port)),
            environment=self.environment,
        )

    def send_samples(self) -> int:
        """The sample mails were handed to the sandbox over SMTP; gives how many."""
        mails = sample_mails()
        with (
            smtplib.SMTP(HOST, self.smtp_port, timeout=30) as server,
            IMAPClient(HOST, self.imap_port, ssl=False, timeout=30) as inbox,
        ):
            inbox.login(SUPPORT, PASSWORD)
            for mail in mails:
                server.sendmail("customer@sandbox.test", [SUPPORT], mail)
                # pymap numbers what is new when it looks, in the order of a folder's listing, which is any.
                inbox.select_folder("INBOX", readonly=True)
        return len(mails)


def say(words: str) -> None:
    """The words stand on the terminal."""
    print(words, flush=True)  # noqa: T201  the person at the terminal


def main() -> int:
    """Runs the demonstration or its check; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="headless, on free ports, in a throw-away folder")
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
    parser.add_argument(
        "--within", type=float, default=TICKETS_WITHIN_S, help="seconds in which the check wants tickets, 20"
    )
    options = parser.parse_args()
    try:
        return _check(options.within) if options.check else _demonstrate(programs.port_of(options.port))
    except programs.CannotStart as problem:
        say(str(problem))
        return 1


def _demonstrate(port: int) -> int:
    folder = Path(os.environ.get("DATA_DIR") or programs.ROOT / "data" / "demo").resolve()
    demo = Demo(folder, web_port=port, imap_port=_beside(port, 3143), smtp_port=_beside(port, 3025))
    with programs.only_one_in(folder):
        run(demo, then=lambda all_of: _tell(demo, all_of))
    say("All parts have ended.")
    return 0


def _beside(port: int, distance: int) -> int:
    """A port of the sandbox that follows from the web's."""
    return port + distance if port + distance <= programs.MAX_PORT else port - distance


def _tell(demo: Demo, all_of: Supervisor) -> None:
    say("ready")
    say(f"Open {demo.address}  and sign in as {OWNER} with the password {demo.owner_password()}")
    say(f"You are the customer at {demo.address}sandbox/  Ctrl-C ends everything; the data stays in {demo.folder}.")
    all_of.watch()


def _check(within_s: float) -> int:
    from helpdesk.running import demo_check  # it needs the parts above

    with tempfile.TemporaryDirectory(prefix="postroom-demo-", ignore_cleanup_errors=True) as folder:
        ports = [programs.free_port() for _ in range(3)]
        demo = Demo(Path(folder), *ports)
        return run(demo, then=lambda all_of: demo_check.walk(demo, all_of, say=say, tickets_within_s=within_s)) or 0


R = TypeVar("R")


def run(demo: Demo, *, then: Callable[[Supervisor], R]) -> R | None:
    """All parts of the demo run while `then` does its part, and have ended afterwards."""
    demo.prepare()
    with Supervisor(demo.parts(), log_folder=demo.folder / "logs", say=say) as all_of:
        all_of.watch(until=demo.is_ready)
        if all_of.is_stopping:
            return None
        demo.connect_mailbox()
        return then(all_of)


if __name__ == "__main__":
    sys.exit(main())
