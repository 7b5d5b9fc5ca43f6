"""`manage.py sweep_files`: looks for files that no row points to, now instead of once a day."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy import stray_files, work
from helpdesk.tenancy.models import StrayFile


class Command(OperatorCommand):
    """Marks stray files, and removes those that were marked a week ago."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", metavar="SLUG", help="this one only")
        parser.add_argument("--accept-many", action="store_true", help="mark also what was held back as too many")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, **options: Any) -> None:
        organizations = apps.get_model("accounts.Organization").objects.order_by("pk")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
            if not organizations:
                raise CommandError(f"There is no organization {options['organization']!r}.")
        held = 0
        for organization in organizations:
            try:
                sweep = stray_files.sweep_now(organization.pk, accepts_many=options["accept_many"])
            except work.LeaseLost:
                raise CommandError(f"A worker is at the files of {organization.slug}. Try again later.") from None
            if sweep.trouble:
                raise CommandError(f"The files of {organization.slug} cannot be listed: {sweep.trouble}.")
            held += sweep.held
        marked = StrayFile.objects.filter(organization__in=organizations).count()
        if options["json"]:
            self.stdout.write(json.dumps({"marked": marked, "held": held}))
        else:
            self.stdout.write(f"{marked} files are marked to be removed, {held} are held back.")
