"""An installation from before POP3, Graph, sign-ins and push is upgraded: it keeps its data and goes on where it was.

It is filled, taken back to the tables it had then, and migrated. What was in those tables is there afterwards, byte for
byte; the mail server is asked from the cursor on, and the outbox goes on in the states it was left in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.flight import assert_stored_once, empty_account, mails
from tests.faults.harness import SLUG, Installation, allow_mail_servers, with_database
from tests.servers.environment import test_environment as environment_of

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.long]
BEFORE = [
    ("accounts", "0003_ended_sessions"),
    ("tenancy", "0003_stray_files"),
    ("mailboxes", "0008_remove_sent_folder"),
    ("ticketing", "0008_search_function_rows"),
]
KEPT = (
    "accounts_organization",
    "mailboxes_connection",
    "mailboxes_outgoingserver",
    "mailboxes_mailbox",
    "mailboxes_rawmessage",
    "mailboxes_remotemessage",
    "mailboxes_ignoredrange",
    "mailboxes_outboxmessage",
    "mailboxes_outboxrecipient",
    "ticketing_ticket",
    "ticketing_message",
    "ticketing_ticketevent",
    "tenancy_workitem",
)
FILL_OUTBOX = """
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import DeliveryState, Mailbox, OutboxMessage
from tests.factories.outgoing import make_outgoing_server, queue_mail
with organization_scope(Organization.objects.get(slug={slug!r}).id):
    server = make_outgoing_server({port}, host="localhost", security="starttls", username="ines", password="s3cret")
    Mailbox.objects.update(outgoing=server)
    for state in DeliveryState.values:
        mail = queue_mail(server, to=[f"{{state}}@customer.test"])
        values = {{"marked_at": clock.now()}} if state == "sending" else {{}}
        mail.recipients.update(state=state, is_marked=state in ("sending", "unknown"))
        OutboxMessage.objects.filter(pk=mail.pk).update(state=state, **values)
        if state not in ("queued", "retry", "sending"):
            WorkItem.objects.filter(kind=WorkKind.DELIVER, row_id=mail.pk).delete()
"""
ADD_UNFINISHED = """
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, Health
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.factories.mailboxes import mailbox_input
with organization_scope(Organization.objects.get(slug={slug!r}).id):
    for address, is_enabled in (("unfinished@acme.test", False), ("connecting@acme.test", True)):
        data = mailbox_input(address=address, is_enabled=is_enabled)
        create_mailbox(data, connection=Connection.objects.get())
"""
GO_BACK = """
from django.db import connections
from helpdesk.tenancy.migrating import LeanExecutor
connection = connections["owner" if "owner" in connections else "default"]
LeanExecutor(connection).migrate({targets!r})
"""
PASSWORDS = """
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.secrets import open_for
from mailboxes.models import Connection, OutgoingServer
with organization_scope(Organization.objects.get(slug={slug!r}).id):
    for row in (Connection.objects.get(), OutgoingServer.objects.get()):
        print(open_for(row, "password_sealed"))
"""


@pytest.fixture
def installation(
    tmp_path: Path, database_template: str, worker_suffix: str, dovecot: Any, smtp_server: Any
) -> Iterator[Installation]:
    """An installation of this test alone."""
    environment = environment_of(tmp_path) | {"LOG_LEVEL": "ERROR"}
    environment = with_database(environment, database_template, name=f"upgrade_{worker_suffix}".rstrip("_"))
    ports = [dovecot.imaps_port, smtp_server.port]
    with Installation(allow_mail_servers(environment, ports=ports, ca_path=Path(dovecot.ca_path))) as made:
        yield made
        made.end_all()


def columns(installation: Installation, table: str) -> list[str]:
    """The columns of a table as it is now."""
    if installation.environment["DATABASE_URL"]:
        sql = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY 1"
        return [name for (name,) in installation.rows(sql, table)]
    return sorted(name for (name,) in installation.rows("SELECT name FROM pragma_table_info(%s)", table))


def contents(installation: Installation, tables: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Every row of the tables, in these columns."""
    return {
        table: installation.rows(f"SELECT {', '.join(names)} FROM {table} ORDER BY id")
        for table, names in tables.items()
    }


def outbox(installation: Installation) -> dict[str, str]:
    """The state of each mail by what it was before the upgrade, which its recipient is named after."""
    rows = installation.rows("SELECT address, state FROM mailboxes_outboxrecipient")
    return {address.partition("@")[0]: state for address, state in rows}


def test_an_upgrade_keeps_data_and_cursors_and_goes_on_where_it_was(
    installation: Installation, dovecot: Any, smtp_server: Any
) -> None:
    smtp_server.behave(users={"ines": "s3cret"})
    user = empty_account(dovecot)
    old, new = mails(5), mails(8)[5:]
    dovecot.deliver(user, b"Subject: history\r\n\r\nfrom before\r\n")
    mailbox_id = installation.add_mailbox(user, port=dovecot.imaps_port)
    for raw in old:
        dovecot.deliver(user, raw)
    installation.poll(mailbox_id)
    installation.script(ADD_UNFINISHED.format(slug=SLUG))
    installation.script(FILL_OUTBOX.format(slug=SLUG, port=smtp_server.port))

    installation.script(GO_BACK.format(targets=BEFORE))
    tables = {table: columns(installation, table) for table in KEPT}
    before = contents(installation, tables)
    assert "remote_user" not in tables["mailboxes_mailbox"]
    assert len(before["mailboxes_rawmessage"]) == len(old)
    installation.succeed("migrate", "--verbosity=0")
    after = contents(installation, tables)
    left_to_do = [row for row in after["tenancy_workitem"] if "index_fields" in row]
    after["tenancy_workitem"] = [row for row in after["tenancy_workitem"] if row not in left_to_do]
    assert (len(left_to_do), after) == (1, before)
    drafts = installation.rows("SELECT address FROM mailboxes_mailbox WHERE is_draft")
    assert [address for (address,) in drafts] == ["unfinished@acme.test"]
    assert "No changes" in installation.succeed("makemigrations", "--check", "--dry-run")

    assert installation.script(PASSWORDS.format(slug=SLUG)).splitlines() == ["mail pass word", "s3cret"]
    for raw in new:
        dovecot.deliver(user, raw)
    first = installation.poll(mailbox_id)
    assert (first["listed"], first["stored"], first["errors"]) == (len(new), len(new), [])
    assert installation.poll(mailbox_id)["listed"] == 0
    assert_stored_once(installation, mailbox_id, number=len(old) + len(new))

    installation.succeed("deliver_outbox", "--wait", "3")
    arrived = sorted(address for mail in smtp_server.received for address in mail.recipients)
    assert arrived == ["queued@customer.test", "retry@customer.test"]
    assert outbox(installation) == {
        "queued": "sent",
        "retry": "sent",
        "sending": "unknown",
        "sent": "sent",
        "failed": "failed",
        "unknown": "unknown",
        "cancelled": "cancelled",
    }
    assert json.loads(installation.succeed("deliver_outbox"))["tried"] == 0
