"""manage.py receive: takes mail for the mail domain from a mail server, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from json import dumps
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from helpdesk.running.commands import OperatorCommand
from helpdesk.running.programs import MAX_PORT
from helpdesk.running.starting import require_plain_role
from mailboxes.listening.serving import serve
from mailboxes.models import LARGEST_MESSAGE_BYTES, MAX_MESSAGE_BYTES

_MEGABYTE = 1024 * 1024


class Command(OperatorCommand):
    """Several may run side by side. The port is for your own mail server: there is neither sign-in nor TLS."""

    help = (
        "Take mail for MAIL_DOMAIN from your mail server over SMTP or LMTP. Prints the ports as JSON once they are"
        " open; ends with SIGTERM or Ctrl-C. docs/operations.md has the lines for Postfix and Exim."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--smtp", type=int, metavar="PORT", help="0: any free one")
        parser.add_argument("--lmtp", type=int, metavar="PORT", help="0: any free one")
        parser.add_argument("--host", default="127.0.0.1", help="in a container: 0.0.0.0; never a public address")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")
        parser.add_argument("--max-mb", type=int, default=MAX_MESSAGE_BYTES // _MEGABYTE, help="no mail above it")

    def handle(self, *, smtp: int | None, lmtp: int | None, host: str, max_mb: int, **_: Any) -> None:
        ports = {name: port for name, port in (("smtp", smtp), ("lmtp", lmtp)) if port is not None}
        require_plain_role()
        _refuse_what_cannot_be(ports, max_mb)
        try:
            asyncio.run(serve(ports, host=host, max_bytes=max_mb * _MEGABYTE, ready=self._say))
        except OSError as error:
            words = f"{host} {', '.join(map(str, ports.values()))}"
            raise CommandError(f"The ports cannot be opened ({words}): {error.strerror}. Choose others.") from error

    def _say(self, ports: Mapping[str, int]) -> None:
        self.stdout.write(dumps(dict(ports)))
        self.stdout.flush()


def _refuse_what_cannot_be(ports: Mapping[str, int], max_mb: int) -> None:
    if not settings.MAIL_DOMAIN:
        raise CommandError("MAIL_DOMAIN is not set: there is no address to take mail for. .env.example explains it.")
    if not ports:
        raise CommandError("Say where to listen: --smtp PORT, --lmtp PORT, or both.")
    if not all(0 <= port <= MAX_PORT for port in ports.values()):
        raise CommandError(f"A port is a number from 0 to {MAX_PORT}.")
    if not 1 <= max_mb <= LARGEST_MESSAGE_BYTES // _MEGABYTE:
        raise CommandError(f"--max-mb is a number from 1 to {LARGEST_MESSAGE_BYTES // _MEGABYTE}.")
