"""What intake costs: fetch, store, parse, clean, thread and write, by the product's own command in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.dovecot import Dovecot

PASSWORD = "bench-password"


@dataclass(frozen=True)
class Run:
    """What one process, or several side by side, took."""

    messages: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def add_account(dovecot: Dovecot, user: str, mails: Sequence[bytes]) -> None:
    """The user has these mails in the inbox."""
    dovecot.add_user(user, PASSWORD)
    for mail in mails:
        dovecot.deliver(user, mail)


def add_mailbox(dovecot: Dovecot, user: str, environment: Mapping[str, str], *, organization: str) -> int:
    """The mailbox is connected, and everything in it is to be imported; gives its id."""
    printed = manage(
        *("add_mailbox", "--organization", organization, "--name", user, "--address", f"{user}@bench.test"),
        *("--imap-host", "127.0.0.1", "--imap-port", str(dovecot.imap_port), "--imap-security", "none"),
        *("--username", user, "--password-env", "BENCH_PASSWORD", "--existing", "open", "--start-date", "2000-01-01"),
        "--disabled",
        environment={**environment, "BENCH_PASSWORD": PASSWORD},
    )
    return int(json.loads(printed)["id"])


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """What the command printed. Raises CalledProcessError."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, env=dict(environment), check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def poll(mailbox_ids: Sequence[int], environment: Mapping[str, str]) -> Run:
    """One process for each mailbox polls and processes it, side by side."""
    began = time.perf_counter()
    children = [_Child(mailbox_id, environment) for mailbox_id in mailbox_ids]
    for child in children:
        child.join()
    return Run(
        messages=sum(child.processed for child in children),
        wall_s=time.perf_counter() - began,
        cpu_s=sum(child.cpu_s for child in children),
        peak_mb=max(child.peak_mb for child in children),
    )


class _Child(threading.Thread):
    """One `poll_mailbox --process`, waited for by itself so that its own usage is known."""

    def __init__(self, mailbox_id: int, environment: Mapping[str, str]) -> None:
        super().__init__()
        self.processed, self.cpu_s, self.peak_mb = 0, 0.0, 0.0
        self._command = [sys.executable, "manage.py", "poll_mailbox", str(mailbox_id), "--process"]
        self._environment = dict(environment)
        self.start()

    def run(self) -> None:
        process = subprocess.Popen(self._command, env=self._environment, stdout=subprocess.PIPE)
        self._watch_memory(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"poll_mailbox ended with {process.returncode}")
        assert process.stdout is not None
        self.processed = int(json.load(process.stdout)["processed"])
        self.cpu_s = usage.ru_utime + usage.ru_stime

    def _watch_memory(self, pid: int) -> None:
        """Until the process ends; the usage it leaves behind would count what this process had when it forked."""
        while lines := [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line]:
            self.peak_mb = int(lines[0].split()[1]) / 1024
            time.sleep(0.02)
