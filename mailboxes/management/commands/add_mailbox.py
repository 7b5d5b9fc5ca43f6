"""`manage.py add_mailbox`: connects a mailbox from a shell; prints its id as JSON."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import DomainError
from helpdesk.running.commands import OperatorCommand
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import AfterImportChoice, ConnectionKind, ExistingMail, SecurityChoice
from mailboxes.services.push.push_addresses import forwarding_address, web_address
from mailboxes.services.push.push_mailboxes import create_push_mailbox
from mailboxes.services.setup.connecting import note_existing
from mailboxes.services.setup.mailbox_inputs import NO_SERVER, MailboxInput, OutgoingInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox


class Command(OperatorCommand):
    """Adds a mailbox and looks at its folder once, so that what lies there counts as existing mail."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        securities = SecurityChoice.values
        parser.add_argument("--organization", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--address", required=True, metavar="EMAIL")
        host = parser.add_mutually_exclusive_group(required=True)
        host.add_argument("--imap-host", metavar="HOST")
        host.add_argument("--pop3-host", metavar="HOST")
        host.add_argument("--ews-host", metavar="HOST", help="an Exchange server of your own; always over TLS")
        host.add_argument("--push", action="store_true", help="mail is brought here; prints its addresses, once")
        parser.add_argument("--imap-port", type=int, default=993, metavar="PORT")
        parser.add_argument("--imap-security", choices=securities, default=SecurityChoice.TLS.value)
        parser.add_argument("--pop3-port", type=int, default=995, metavar="PORT")
        parser.add_argument("--pop3-security", choices=securities, default=SecurityChoice.TLS.value)
        parser.add_argument("--ews-port", type=int, default=443, metavar="PORT")
        parser.add_argument("--username", default="")
        parser.add_argument("--password-env", default="", metavar="VAR", help="the variable that holds the password")
        parser.add_argument("--smtp-host", metavar="HOST", help="without it replies leave by the default server")
        parser.add_argument("--smtp-port", type=int, default=587, metavar="PORT")
        parser.add_argument("--smtp-security", choices=securities, default=SecurityChoice.STARTTLS.value)
        parser.add_argument("--folder", default="INBOX")
        parser.add_argument("--existing", choices=ExistingMail.values, default=ExistingMail.IGNORE.value)
        parser.add_argument("--start-date", metavar="ISO", help="older mail is never imported; UTC unless it says so")
        parser.add_argument("--after-import", default="leave", metavar="leave|seen|move:FOLDER|delete:DAYS")
        parser.add_argument("--poll-interval", type=int, metavar="SECONDS")
        parser.add_argument("--real-time", action="store_true", help="the server tells of new mail (IMAP IDLE)")
        parser.add_argument("--answers-only", action="store_true", help="mail that belongs to no ticket opens none")
        parser.add_argument("--disabled", action="store_true", help="only polled by poll_mailbox")
        parser.add_argument("--json", action="store_true", help="the output is JSON in any case")

    def handle(self, **options: Any) -> None:
        _refuse_contradictions(options)
        try:
            added = _add_push(options) if options["push"] else _add(options)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(json.dumps(added))


def _refuse_contradictions(options: dict[str, Any]) -> None:
    """What a server needs, and what only a server has."""
    if options["push"]:
        given = [name for name in ("username", "password_env", "smtp_host") if options[name]]
        if given:
            sentence = "goes with a server that is read. With --push, replies leave by the default server."
            raise CommandError(f"--{given[0].replace('_', '-')} {sentence}")
        return
    for name in ("username", "password_env"):
        if not options[name]:
            raise CommandError(f"--{name.replace('_', '-')} is missing: how to sign in to the server.")


def _add(options: dict[str, Any]) -> dict[str, object]:
    with organization_scope(_organization_id(options)):
        mailbox = create_mailbox(_input(options), origin="command")
    note_existing(mailbox)
    return {"id": mailbox.id}


def _add_push(options: dict[str, Any]) -> dict[str, object]:
    data = MailboxInput(
        name=options["name"],
        address=options["address"],
        incoming=NO_SERVER,
        answers_only=options["answers_only"],
        is_enabled=not options["disabled"],
    )
    with organization_scope(_organization_id(options)):
        mailbox, token = create_push_mailbox(data, origin="command")
    addresses = {"post_address": web_address(token), "forwarding_address": forwarding_address(mailbox) or None}
    return {"id": mailbox.pk, **addresses}


def _organization_id(options: dict[str, Any]) -> int:
    organization = Organization.objects.filter(slug=options["organization"]).first()
    if organization is None:
        raise CommandError(f"There is no organization {options['organization']!r}.")
    return organization.pk


def _input(options: dict[str, Any]) -> MailboxInput:
    action, folder, days = _after_import(options["after_import"])
    return MailboxInput(
        name=options["name"],
        address=options["address"],
        incoming=_incoming(options),
        outgoing=_outgoing(options),
        folder=options["folder"],
        existing_mail=ExistingMail(options["existing"]),
        start_at=_start_at(options["start_date"]),
        after_import=action,
        after_import_folder=folder,
        after_import_days=days,
        poll_interval_s=options["poll_interval"],
        is_real_time=options["real_time"],
        answers_only=options["answers_only"],
        is_enabled=not options["disabled"],
    )


def _incoming(options: dict[str, Any]) -> ServerInput:
    kinds = (ConnectionKind.IMAP, ConnectionKind.POP3, ConnectionKind.EWS)
    kind = next(kind for kind in kinds if options[f"{kind}_host"])
    return ServerInput(
        kind=kind,
        host=options[f"{kind}_host"],
        port=options[f"{kind}_port"],
        security=SecurityChoice(options.get(f"{kind}_security", SecurityChoice.TLS)),
        username=options["username"],
        password=_password(options["password_env"]),
    )


def _outgoing(options: dict[str, Any]) -> OutgoingInput | None:
    if not options["smtp_host"]:
        return None
    return OutgoingInput(
        host=options["smtp_host"], port=options["smtp_port"], security=SecurityChoice(options["smtp_security"])
    )


def _password(variable: str) -> str:
    password = os.environ.get(variable, "")
    if not password:
        raise CommandError(f"The environment variable {variable} is empty or not set.")
    return password


def _start_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a date such as 2026-01-31 or 2026-01-31T08:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _after_import(text: str) -> tuple[AfterImportChoice, str, int]:
    action, _, argument = text.partition(":")
    if action in ("leave", "seen") and not argument:
        return AfterImportChoice(action), "", 0
    if action == "move" and argument:
        return AfterImportChoice.MOVE, argument, 0
    if action == "delete" and argument.isascii() and argument.isdigit():
        return AfterImportChoice.DELETE, "", int(argument)
    raise CommandError(f"{text!r} is none of leave, seen, move:FOLDER and delete:DAYS.")
