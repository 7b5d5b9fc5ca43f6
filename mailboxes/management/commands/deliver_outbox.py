"""`manage.py deliver_outbox`: delivers what is due in the foreground; prints how many mails were tried as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from helpdesk.lib import clock
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind


class Command(OperatorCommand):
    """Does what the worker of the outbound queue does, once, for every organization."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--budget", type=float, default=60.0, metavar="SECONDS", help="begin no mail after these")
        parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="for what is due only soon")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    def handle(self, **options: Any) -> None:
        ends_at = clock.monotonic() + options["wait"]
        drains.drain_now(WorkKind.ANSWER, budget_s=options["budget"])  # what is still to go into the outbox
        tried = drains.drain_now(WorkKind.DELIVER, budget_s=options["budget"])
        while clock.monotonic() < ends_at:
            clock.pause(0.1)
            tried += drains.drain_now(WorkKind.DELIVER, budget_s=options["budget"])
        filed = drains.drain_now(WorkKind.FILE_SENT, budget_s=options["budget"])
        left = work.due_count(WorkKind.DELIVER, limit=1000)
        self.stdout.write(json.dumps({"tried": tried, "filed": filed, "due": left}))
