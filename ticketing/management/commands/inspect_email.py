"""`inspect_email FILE…`: what the parser sees in mails, without a database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import CommandError, no_translations

from helpdesk.running.commands import OperatorCommand
from ticketing.mail.inspection import Json, inspect_mail, unreadable
from ticketing.mail.parse import parse_mail
from ticketing.remark_words import remark_words


class Command(OperatorCommand):
    """Prints each mail's fields; ends with an error after the last one when a file could not be read."""

    help = "Show what the mail parser sees in raw mail files."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE…, and how to print."""
        parser.add_argument("files", nargs="+", metavar="FILE", help='raw mail, "-" for standard input')
        style = parser.add_mutually_exclusive_group()
        style.add_argument("--json", action="store_true", help="one indented JSON object per file")
        style.add_argument("--json-lines", action="store_true", help="one JSON object per line")

    @no_translations
    def handle(self, *_: object, **options: object) -> None:
        """Reads and prints one file after another, so that thousands need no more memory than one."""
        files: list[str] = options["files"]  # type: ignore[assignment] # argparse gives list[str]
        failed = 0
        for file in files:
            seen = _inspect(file)
            failed += seen["error"] is not None
            self.stdout.write(_printed(seen, options))
        if failed:
            raise CommandError(f"{failed} of {len(files)} files could not be read.")


def _inspect(file: str) -> Json:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        return unreadable(file, error.strerror or "The file cannot be read.")
    return inspect_mail(parse_mail(raw), file=file, say=remark_words)


def _printed(seen: Json, options: dict[str, object]) -> str:
    if options["json_lines"]:
        return json.dumps(seen, ensure_ascii=False)
    if options["json"]:
        return json.dumps(seen, ensure_ascii=False, indent=2)
    return "\n".join(f"{name + ':':16}{_plain(value)}" for name, value in seen.items()) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value.replace("\n", "\n" + " " * 16)
    return "-" if value is None else json.dumps(value, ensure_ascii=False)
