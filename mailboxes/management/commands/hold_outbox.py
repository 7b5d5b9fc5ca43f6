"""`manage.py hold_outbox`: after a restore, what was unsent in the backup is not sent by itself.

It may have been sent after the backup was made. Run it before the workers start; people then decide about each mail.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope
from mailboxes.services.sending.settling import hold_outbox, raise_epoch


class Command(OperatorCommand):
    """Raises the outbox epoch and makes what is older unknown."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        epoch, unknown = raise_epoch(), 0
        for organization_id in Organization.objects.order_by("id").values_list("id", flat=True):
            with organization_scope(organization_id):
                unknown += hold_outbox()
        if options["json"]:
            self.stdout.write(json.dumps({"epoch": epoch, "unknown": unknown}))
        else:
            self.stdout.write(f"{unknown} recipients became unknown. The outbox page of each organization shows them.")
