"""`migrate` runs as the role that owns the tables, where that is another than the application's."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from helpdesk.lib import clock
from helpdesk.tenancy.databases import OWNER_ALIAS
from helpdesk.tenancy.migrating import LeanExecutor

WAIT_S = 60.0
_LOOK_EVERY_S = 1.0


class Command(migrate.Command):
    """Django's command with another default database, which it waits for: after a reboot everything starts at once."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if OWNER_ALIAS in settings.DATABASES:
            parser.set_defaults(database=OWNER_ALIAS)

    def get_check_kwargs(self, options: Any) -> Any:
        """Nothing in the database is checked beforehand: the walls that the checks look for are built at the end."""
        return {**super().get_check_kwargs(options), "databases": []}

    def handle(self, *arguments: Any, **options: Any) -> None:
        self._wait_for_database(options["database"])
        migrate.MigrationExecutor = LeanExecutor  # type: ignore[attr-defined]  # Django offers no other place
        super().handle(*arguments, **options)

    def _wait_for_database(self, alias: str) -> None:
        ends_at = clock.monotonic() + WAIT_S
        said = ""
        while reason := _refusal(alias):
            if clock.monotonic() > ends_at:
                variable = "DATABASE_OWNER_URL" if alias == OWNER_ALIAS else "DATABASE_URL"
                raise CommandError(f"No connection to the database in {WAIT_S:.0f} s: {reason}. Check {variable}.")
            if reason != said:
                self.stderr.write(f"Waiting for the database: {reason}")
                said = reason
            clock.pause(_LOOK_EVERY_S)


def _refusal(alias: str) -> str:
    try:
        connections[alias].ensure_connection()
    except OperationalError as error:
        return str(error).splitlines()[0]
    return ""
