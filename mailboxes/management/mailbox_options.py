"""What `manage.py add_mailbox` takes, and the mailbox it stands for: as much as the forms in the browser."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.core.management.base import CommandError
from django.db.models import QuerySet

from helpdesk.accounts.models import Category, Company, Team
from helpdesk.accounts.queries import companies_to_give
from mailboxes.forms.exchange_fields import exchange_host
from mailboxes.management.option_rules import has_app, kind_of
from mailboxes.models import (
    AfterImportChoice,
    Cloud,
    ConnectionKind,
    ExistingMail,
    OutgoingServer,
    Proxy,
    SecurityChoice,
    TicketPriority,
)
from mailboxes.services.oauth.registrations import place_of_app
from mailboxes.services.setup.mailbox_inputs import (
    NO_SERVER,
    MailboxInput,
    OutgoingInput,
    RegistrationInput,
    ServerInput,
)

MEGABYTE = 1024 * 1024
Options = Mapping[str, Any]
Row = TypeVar("Row", OutgoingServer, Proxy, Team)


def add_options(parser: ArgumentParser) -> None:
    """The command takes everything about one mailbox."""
    parser.add_argument("--organization", required=True, metavar="SLUG")
    parser.add_argument("--name", required=True)
    parser.add_argument("--address", required=True, metavar="EMAIL")
    _add_reading(parser)
    _add_app(parser)
    _add_sending(parser)
    _add_handling(parser)
    parser.add_argument("--json", action="store_true", help="the output is JSON in any case")


def _add_reading(parser: ArgumentParser) -> None:
    securities = SecurityChoice.values
    host = parser.add_mutually_exclusive_group(required=True)
    host.add_argument("--imap-host", metavar="HOST")
    host.add_argument("--pop3-host", metavar="HOST")
    host.add_argument("--ews-host", metavar="HOST", help="Exchange Web Services; always over TLS")
    host.add_argument("--graph", action="store_true", help="Microsoft 365 by an app registration")
    host.add_argument("--push", action="store_true", help="mail is brought here; prints its addresses, once")
    parser.add_argument("--imap-port", type=int, default=993, metavar="PORT")
    parser.add_argument("--imap-security", choices=securities, default=SecurityChoice.TLS.value)
    parser.add_argument("--pop3-port", type=int, default=995, metavar="PORT")
    parser.add_argument("--pop3-security", choices=securities, default=SecurityChoice.TLS.value)
    parser.add_argument("--ews-port", type=int, default=443, metavar="PORT")
    parser.add_argument("--username", default="")
    parser.add_argument("--password-env", default="", metavar="VAR", help="the variable that holds the password")
    parser.add_argument("--impersonate", action="store_true", help="Exchange: the account has ApplicationImpersonation")
    parser.add_argument("--remote-user", default="", metavar="USER", help="whose mail is read, if not the address's")
    parser.add_argument("--proxy", metavar="NAME", help="the way to the servers, by its name in the list of proxies")


def _add_app(parser: ArgumentParser) -> None:
    parser.add_argument("--tenant", default="", metavar="ID", help="of an app registered at Microsoft")
    parser.add_argument("--client-id", default="", metavar="ID")
    parser.add_argument("--client-secret-env", default="", metavar="VAR", help="the variable that holds the secret")
    parser.add_argument("--client-secret-ends", metavar="DATE", help="to be warned before")
    parser.add_argument("--cloud", choices=Cloud.values, default=Cloud.GLOBAL.value)
    parser.add_argument("--more", action="append", default=[], metavar="EMAIL", help="a further one of the connection")


def _add_sending(parser: ArgumentParser) -> None:
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--smtp-host", metavar="HOST", help="without a way to send replies leave by the default server")
    way.add_argument("--outgoing", metavar="NAME", help="an outgoing server that stands by itself")
    way.add_argument("--sends-itself", action="store_true", help="Exchange and Graph: through the mailbox itself")
    parser.add_argument("--smtp-port", type=int, default=587, metavar="PORT")
    parser.add_argument("--smtp-security", choices=SecurityChoice.values, default=SecurityChoice.STARTTLS.value)
    parser.add_argument("--smtp-username", default="", help="without it the account that reads")
    parser.add_argument("--smtp-password-env", default="", metavar="VAR")
    parser.add_argument("--from-name", default="")


def _add_handling(parser: ArgumentParser) -> None:
    parser.add_argument("--alias", action="append", default=[], metavar="EMAIL")
    parser.add_argument("--folder", default="INBOX")
    parser.add_argument("--existing", choices=ExistingMail.values, default=ExistingMail.IGNORE.value)
    parser.add_argument("--start-date", metavar="ISO", help="older mail is never imported; UTC unless it says so")
    parser.add_argument("--after-import", default="leave", metavar="leave|seen|move:FOLDER|delete:DAYS")
    parser.add_argument("--poll-interval", type=int, metavar="SECONDS")
    parser.add_argument("--max-message-mb", type=int, metavar="MB")
    parser.add_argument("--charset", default="", help="of mail that names none")
    parser.add_argument("--real-time", action="store_true", help="the server tells of new mail (IMAP IDLE, Graph)")
    parser.add_argument("--answers-only", action="store_true", help="mail that belongs to no ticket opens none")
    parser.add_argument("--plus-addresses", action="store_true")
    parser.add_argument("--subject-token", action="store_true")
    parser.add_argument("--team", metavar="NAME", help="of new tickets")
    parser.add_argument("--category", metavar="PATH", help="of new tickets, like 'Hardware / Printer'")
    parser.add_argument("--company", metavar="NAME", help="of new tickets, where several companies are served")
    parser.add_argument("--priority", choices=TicketPriority.values, default=TicketPriority.NORMAL.value)
    parser.add_argument("--disabled", action="store_true", help="only polled by poll_mailbox")


def entered(options: Options) -> MailboxInput:
    """The mailbox. In the organization's scope. Raises CommandError."""
    action, folder, days = _after_import(options["after_import"])
    limit = {"max_message_bytes": options["max_message_mb"] * MEGABYTE} if options["max_message_mb"] else {}
    app = _app(options) if has_app(options) else None
    return MailboxInput(
        name=options["name"],
        address=options["address"],
        incoming=_incoming(options, app=app),
        outgoing=_outgoing(options),
        linked=_named(OutgoingServer.objects.all(), options["outgoing"], option="outgoing"),
        app=app,
        sends_itself=options["sends_itself"],
        remote_user=options["remote_user"],
        folder=options["folder"],
        aliases=tuple(options["alias"]),
        from_name=options["from_name"],
        team=_named(Team.objects.all(), options["team"], option="team"),
        category=_category(options["category"]),
        company=_company(options["company"]),
        ticket_priority=TicketPriority(options["priority"]),
        existing_mail=ExistingMail(options["existing"]),
        start_at=_start_at(options["start_date"]),
        after_import=action,
        after_import_folder=folder,
        after_import_days=days,
        poll_interval_s=options["poll_interval"],
        default_charset=options["charset"],
        is_real_time=options["real_time"],
        answers_only=options["answers_only"],
        has_plus_addresses=options["plus_addresses"],
        has_subject_token=options["subject_token"],
        proxy=_named(Proxy.objects.all(), options["proxy"], option="proxy"),
        is_enabled=not options["disabled"],
        **limit,
    )


def _incoming(options: Options, *, app: RegistrationInput | None) -> ServerInput:
    kind = kind_of(options)
    if kind is ConnectionKind.PUSH:
        return NO_SERVER
    if kind is ConnectionKind.GRAPH and app is not None:
        return place_of_app(app)
    host = options[f"{kind}_host"]
    return ServerInput(
        kind=kind,
        host=exchange_host(host) if kind is ConnectionKind.EWS else host,
        port=options[f"{kind}_port"],
        security=SecurityChoice(options.get(f"{kind}_security", SecurityChoice.TLS)),
        username=app.tenant if app else options["username"],
        password="" if app else _secret(options["password_env"]),
        impersonates=options["impersonate"],
    )


def _app(options: Options) -> RegistrationInput:
    return RegistrationInput(
        tenant=options["tenant"].strip().lower(),
        client_id=options["client_id"],
        client_secret=_secret(options["client_secret_env"]),
        secret_ends_on=_day(options["client_secret_ends"]),
        cloud=options["cloud"],
        sends=options["sends_itself"],
    )


def _outgoing(options: Options) -> OutgoingInput | None:
    if not options["smtp_host"]:
        return None
    name, variable = options["smtp_username"], options["smtp_password_env"]
    return OutgoingInput(
        host=options["smtp_host"],
        port=options["smtp_port"],
        security=SecurityChoice(options["smtp_security"]),
        account=(name, _secret(variable) if variable else "") if name else None,
    )


def _category(path: str | None) -> Category | None:
    """The organization's category of this path. Raises CommandError."""
    if not path:
        return None
    found: Category | None = Category.objects.filter(path=path, is_active=True).first()
    if found is None:
        raise CommandError(f"--category: the organization has none called {path!r}, or it is retired.")
    return found


def _company(name: str | None) -> Company | None:
    """The company of this name that the organization serves. Raises CommandError."""
    if not name:
        return None
    found: Company | None = companies_to_give().filter(name=name).first()
    if found is None:
        raise CommandError(
            f"--company: none called {name!r} can be given: made, not retired, and companies switched on."
        )
    return found


def _named(rows: QuerySet[Row], name: str | None, *, option: str) -> Row | None:
    """The organization's one of this name. Raises CommandError."""
    if not name:
        return None
    found = rows.filter(name=name).first()
    if found is None:
        raise CommandError(f"--{option}: the organization has none called {name!r}.")
    return found


def _secret(variable: str) -> str:
    value = os.environ.get(variable, "")
    if not value:
        raise CommandError(f"The environment variable {variable} is empty or not set.")
    return value


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise CommandError(f"{text!r} is not a date such as 2026-01-31.") from None


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
