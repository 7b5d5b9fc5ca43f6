"""manage.py watch: listens to the mailboxes that want real time, until it is stopped."""

from __future__ import annotations

import signal
import threading
from json import dumps
from typing import Any

from django.core.management.base import CommandParser

from helpdesk.running.commands import OperatorCommand
from helpdesk.running.starting import require_plain_role
from mailboxes.watching.directory import WorkDirectory
from mailboxes.watching.watcher import Watcher


class Command(OperatorCommand):
    """One process is enough for thousands of mailboxes. It only wakes the poller, so that a second one is harmless."""

    help = "Listen (IMAP IDLE) to the mailboxes that want real time, and wake the poller. Ends with SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="at its end, print what was heard")

    def handle(self, *, json: bool, **_: Any) -> None:
        require_plain_role()
        stopping = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopping.set())
        watcher = Watcher(WorkDirectory())
        watcher.run(until=stopping.is_set)
        if json:
            self.stdout.write(dumps({"listened_to": watcher.listened_to, "news": watcher.news_count}))
