"""`manage.py move_sandbox`: the demo's mailbox finds its mail server again after a start on other ports."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.db import transaction

from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope


class Command(OperatorCommand):
    """Only the ports: server and account are the same, so that passwords and what was read stay."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--host", required=True)
        parser.add_argument("--imap-port", type=int, required=True)
        parser.add_argument("--smtp-port", type=int, required=True)

    def handle(self, **options: Any) -> None:
        organization = apps.get_model("accounts.Organization").objects.get(slug=options["organization"])
        ports = {"mailboxes.Connection": options["imap_port"], "mailboxes.OutgoingServer": options["smtp_port"]}
        with organization_scope(organization.pk), transaction.atomic():
            for label, port in ports.items():
                apps.get_model(label).objects.filter(host=options["host"]).update(port=port)
