"""What all commands share: every error is one line on stderr and a code that is not 0.

`manage.py` starts here; the commands themselves derive from OperatorCommand.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError


class OperatorCommand(BaseCommand):
    """A command whose arguments and whose database may be wrong: each is said in a line."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """argparse would print the usage before what is wrong."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if getattr(self, "_called_from_command_line", False):
            parser.error = _refuse_arguments  # type: ignore[method-assign]  # of this parser alone
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Raises CommandError also where the database cannot be used."""
        try:
            return super().execute(*args, **options)
        except DatabaseError as error:
            words = next(iter(str(error).splitlines()), type(error).__name__)
            raise CommandError(f"The database cannot be used: {words}. See manage.py doctor.") from error


def run(arguments: list[str]) -> None:
    """The command has run. Exits with 1 and one line where the settings cannot be read."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    _write_utf8()
    try:
        _read_settings()
        execute_from_command_line(arguments)
        sys.stdout.flush()
    except ImproperlyConfigured as error:
        sys.exit(f"postroom: {error}")
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` does; what is left in the buffer goes nowhere, without a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)


def _write_utf8() -> None:
    """Output is UTF-8 in every locale; what cannot be written so (a name of a file) is escaped, as JSON does it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _read_settings() -> None:
    try:
        import helpdesk.settings  # noqa: F401  read here, where what is wrong with them can be said
    except OSError as error:
        sys.exit(
            f"postroom: {error.filename} cannot be used: {error.strerror}. The settings name it; see .env.example."
        )


def _refuse_arguments(message: str) -> NoReturn:
    sys.stderr.write(f"CommandError: {message}. --help lists what there is.\n")
    sys.exit(2)
