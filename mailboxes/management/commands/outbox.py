"""`manage.py outbox`: what is on its way out, one JSON line a mail, the newest first."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from helpdesk.accounts.models import Organization
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import DeliveryState
from mailboxes.queries.outbox import Delivery, outbox_page


class Command(OperatorCommand):
    """Lists the outbox of an organization."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--state", action="append", choices=DeliveryState.values, default=[])
        parser.add_argument("--limit", type=int, default=1000)
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    def handle(self, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        if options["limit"] < 1:
            raise CommandError("--limit is a number from 1.")
        states = [DeliveryState(state) for state in options["state"]]
        with organization_scope(organization.id):
            found = outbox_page(states, size=options["limit"])[: options["limit"]]
        for delivery in found:
            self.stdout.write(json.dumps(_line(delivery)))


def _line(delivery: Delivery) -> dict[str, Any]:
    outbox = delivery.outbox
    return {
        "id": outbox.id,
        "message_id": outbox.message_id,
        "subject": outbox.subject,
        "state": outbox.state,
        "queued_at": outbox.queued_at.isoformat(),
        "attempts": outbox.attempts,
        "next_try_at": outbox.next_try_at.isoformat() if outbox.next_try_at else None,
        "reason": outbox.error_reason,
        "detail": outbox.error_detail,
        "filing": outbox.filing,
        "recipients": [
            {
                "address": r.address,
                "kind": r.kind,
                "state": r.state,
                "code": r.code,
                "reason": r.reason,
                "detail": r.detail,
            }
            for r in delivery.recipients
        ],
    }
