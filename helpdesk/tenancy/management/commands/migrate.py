"""`migrate` runs as the role that owns the tables, where that is another than the application's."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from helpdesk.tenancy.databases import OWNER_ALIAS


class Command(migrate.Command):
    """Django's command with another default database."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if OWNER_ALIAS in settings.DATABASES:
            parser.set_defaults(database=OWNER_ALIAS)
