"""`manage.py inbound_log`: what became of every message, one JSON object a line, in the order of arrival."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, no_translations

from helpdesk.accounts.models import Organization
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from ticketing.queries.inbound_log import LogEntry, log_entries
from ticketing.reason_words import reason_words


class Command(OperatorCommand):
    """Prints the inbound log of an organization."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--mailbox", type=int, metavar="ID", help="this mailbox alone")
        parser.add_argument("--text", action="store_true", help="with the text of each message")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    @no_translations
    def handle(self, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        with organization_scope(organization.id):
            mailbox_id = options["mailbox"]
            if mailbox_id is not None and not Mailbox.objects.filter(id=mailbox_id).exists():
                raise CommandError(f"{organization.slug} has no mailbox {mailbox_id}.")
            for entry in log_entries(mailbox_id=mailbox_id):
                self.stdout.write(json.dumps(_printed(entry, with_text=options["text"]), ensure_ascii=False))


def _printed(entry: LogEntry, *, with_text: bool) -> dict[str, object]:
    row = entry.row
    printed: dict[str, object] = {
        "remote_id": row.remote_id,
        "message_id": row.message_id,
        "subject": row.subject,
        "sha256": row.raw.sha256 if row.raw else None,
        "outcome": row.outcome,
        "reason": reason_words(row),
        "ticket": entry.ticket_number,
        "attachments": [
            {"filename": name, "sha256": sha256 or None, "size": size} for name, sha256, size in entry.attachments
        ],
    }
    return printed | {"text": entry.text} if with_text else printed
