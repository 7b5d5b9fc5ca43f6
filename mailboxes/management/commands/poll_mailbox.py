"""`manage.py poll_mailbox ID`: polls a mailbox in the foreground; prints what it did as JSON.

`listed` counts messages the ledger did not know. Whoever else polls the mailbox is waited for: nothing is doubled.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from helpdesk.running.commands import OperatorCommand
from mailboxes.health_words import cause_words
from mailboxes.services.reading.foreground import Busy, NoSuchMailbox, PollCounts, poll_now


class Command(OperatorCommand):
    """Polls one mailbox, paused or not, until nothing is left to fetch."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("mailbox_id", type=int, metavar="ID")
        parser.add_argument("--process", action="store_true", help="also make tickets of what is waiting")
        parser.add_argument("--wait", type=float, default=600.0, metavar="SECONDS", help="for another poll to end")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    def handle(self, *, mailbox_id: int, process: bool, wait: float, **_options: Any) -> None:
        try:
            counts = poll_now(mailbox_id, is_processed=process, wait_s=wait)
        except NoSuchMailbox:
            raise CommandError(f"There is no mailbox {mailbox_id}.") from None
        except Busy:
            raise CommandError(f"Another worker has been polling mailbox {mailbox_id} for {wait:g} seconds.") from None
        self.stdout.write(json.dumps(_shown(counts)))
        if counts.errors:
            raise CommandError(f"Mailbox {mailbox_id} could not be polled. {_in_words(counts.errors[0])}")


def _in_words(error: str) -> str:
    return f"{cause_words(error.partition(':')[0])} ({error})"


def _shown(counts: PollCounts) -> dict[str, Any]:
    return {
        "listed": counts.listed,
        "stored": counts.stored,
        "processed": counts.processed,
        "outcomes": dict(counts.outcomes),
        "failed": counts.failed,
        "errors": counts.errors,
    }
