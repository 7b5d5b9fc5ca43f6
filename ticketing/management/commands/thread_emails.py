"""`manage.py thread_emails FILE…`: how intake groups these mails into tickets, in this order; leaves nothing behind."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from helpdesk.running.commands import OperatorCommand
from ticketing.inbound.rehearsal import thread_mails


class Command(OperatorCommand):
    """Prints the threads as lists of positions. Needs no database."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="raw mails in the order of arrival")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    def handle(self, **options: Any) -> None:
        try:
            mails = [Path(name).read_bytes() for name in options["files"]]
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        self.stdout.write(json.dumps({"threads": thread_mails(mails)}))
