"""A worker is killed between the state of a mailbox, or an end that comes near, and the notice of it: told once."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.faults.flight import empty_account
from tests.faults.harness import SLUG, Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("F32", "F58", "S4.58", "S4.59")]
_numbers = count(1)
IN_SCOPE = """
from datetime import timedelta
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, OAuthGrant
from tests.factories.mailboxes import make_mailbox
organization = Organization.objects.get(slug={slug!r})
"""
SET_PORT = """
with organization_scope(organization.id):
    Connection.objects.filter(mailboxes__id={mailbox_id}).update(port={port})
"""
SECRET = """
mailbox = make_mailbox(organization, name="{name}", is_enabled=False)
ends_on = clock.now().date() + timedelta(days=7)
with organization_scope(organization.id):
    OAuthGrant.objects.create(
        connection=mailbox.connection, provider="microsoft", flow="app", client_secret_ends_on=ends_on
    )
"""
LOOK = """
work.enqueue_standing(WorkKind.FORECAST)
WorkItem.objects.filter(kind=WorkKind.FORECAST).update(due_at=clock.now(), set_at=clock.now(), leased_until=None)
drains.drain_now(WorkKind.FORECAST)
"""


def run(installation: Installation, code: str, **values: Any) -> None:
    installation.script((IN_SCOPE + code).format(slug=SLUG, **values))


def told(installation: Installation, **about: object) -> list[tuple[str, int]]:
    """The notices about a mailbox (by id) or an end (by label), oldest first, each with the mails due for it."""
    by = {"mailbox_id": "entry.target_id = %s", "label": "entry.target_label = %s"}
    [(name, value)] = about.items()
    return installation.rows(
        f"""
        SELECT entry.action, count(item.id) FROM accounts_auditentry entry
        LEFT JOIN tenancy_workitem item ON item.kind = 'notify' AND item.row_id = entry.id
        WHERE {by[name]} AND entry.action IN ('mailbox.outage', 'mailbox.recovered', 'mailbox.expires_soon')
        GROUP BY entry.id, entry.action ORDER BY entry.id
        """,
        str(value),
    )


def test_a_poll_killed_with_the_outage_or_the_recovery_unsaid_says_it_once_afterwards(
    installation: Installation, dovecot: Any
) -> None:
    mailbox_id = installation.add_mailbox(empty_account(dovecot), port=dovecot.imaps_port)
    run(installation, SET_PORT, mailbox_id=mailbox_id, port=1)
    for _ in range(2):
        assert installation.manage("poll_mailbox", mailbox_id).code == 1
    assert installation.manage("poll_mailbox", mailbox_id, fault="health.recorded:kill").was_killed
    assert told(installation, mailbox_id=mailbox_id) == []
    for _ in range(2):
        assert installation.manage("poll_mailbox", mailbox_id).code == 1
    assert told(installation, mailbox_id=mailbox_id) == [("mailbox.outage", 1)]
    run(installation, SET_PORT, mailbox_id=mailbox_id, port=dovecot.imaps_port)
    assert installation.manage("poll_mailbox", mailbox_id, fault="health.recorded:kill").was_killed
    assert told(installation, mailbox_id=mailbox_id) == [("mailbox.outage", 1)]
    for _ in range(2):
        installation.succeed("poll_mailbox", mailbox_id)
    assert told(installation, mailbox_id=mailbox_id) == [("mailbox.outage", 1), ("mailbox.recovered", 1)]


def test_a_forecast_killed_with_its_warning_unsaid_says_it_once_afterwards(installation: Installation) -> None:
    name = f"Secret {next(_numbers)}"
    run(installation, SECRET, name=name)
    look = (IN_SCOPE + LOOK).format(slug=SLUG)
    assert installation.start_script(look, fault="forecast.told:kill").wait().was_killed
    assert told(installation, label=name) == []
    for _ in range(2):
        installation.script(look)
    assert told(installation, label=name) == [("mailbox.expires_soon", 1)]
