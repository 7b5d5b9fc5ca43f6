"""`manage.py add_mailbox`: connects a mailbox from a shell; prints its id as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import DomainError
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope
from mailboxes.management.mailbox_options import add_options, entered
from mailboxes.management.option_rules import refuse_contradictions
from mailboxes.models import ExistingMail, Mailbox
from mailboxes.services.push.push_addresses import forwarding_address, web_address
from mailboxes.services.push.push_mailboxes import create_push_mailbox
from mailboxes.services.setup.connecting import note_existing
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.mailboxes import create_mailbox
from mailboxes.services.setup.together import join


class Command(OperatorCommand):
    """Adds a mailbox and looks at its folder once, so that what lies there counts as existing mail."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, **options: Any) -> None:
        refuse_contradictions(options)
        try:
            added = _add_push(options) if options["push"] else _add(options)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(json.dumps(added))


def _add(options: dict[str, Any]) -> dict[str, object]:
    with organization_scope(_organization_id(options)):
        data = entered(options)
        mailbox = create_mailbox(data, origin="command")
    note_existing(mailbox)
    return {"id": mailbox.id} | (_join(mailbox, data, more=options["more"]) if options["more"] else {})


def _join(mailbox: Mailbox, data: MailboxInput, *, more: list[str]) -> dict[str, object]:
    """Further mailboxes that share the connection, from now on: their ids, and why others could not join."""
    plain = replace(data, remote_user="", aliases=(), existing_mail=ExistingMail.IGNORE, start_at=None)
    others = [replace(plain, name=address.partition("@")[0][:80], address=address) for address in more]
    with organization_scope(mailbox.organization_id):
        refused = join(mailbox, others, origin="command")
        ids = Mailbox.objects.filter(connection=mailbox.connection).exclude(id=mailbox.id).values_list("id", flat=True)
        return {"more": sorted(ids), "refused": dict(refused)}


def _add_push(options: dict[str, Any]) -> dict[str, object]:
    with organization_scope(_organization_id(options)):
        mailbox, token = create_push_mailbox(entered(options), origin="command")
    addresses = {"post_address": web_address(token), "forwarding_address": forwarding_address(mailbox) or None}
    return {"id": mailbox.pk, **addresses}


def _organization_id(options: dict[str, Any]) -> int:
    organization = Organization.objects.filter(slug=options["organization"]).first()
    if organization is None:
        raise CommandError(f"There is no organization {options['organization']!r}.")
    return organization.pk
