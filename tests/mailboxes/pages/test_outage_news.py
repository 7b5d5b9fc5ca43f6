"""A mailbox that fails and comes back: whoever manages channels hears of it in the product, once each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Health, Mailbox
from mailboxes.services.setup.mailboxes import delete_mailbox
from tests.factories.mailboxes import make_push_mailbox
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = pytest.mark.django_db
QUEUE = "/o/fernhollow/views/needs-reply/"
DOWN, BACK = "cannot be read. Mail stays safe", "is read again"


def fail(fake: Any, *, times: int) -> None:
    fake.source.trouble = ConnectorError(Reason.UNREACHABLE, permanent=False)
    for _ in range(times):
        fake.poll()


def heal(fake: Any) -> None:
    fake.source.trouble = None
    fake.poll()


def page(client: Client, address: str = QUEUE) -> str:
    return client.get(address).content.decode()


@pytest.mark.both
@pytest.mark.req("S4.58", "S4.59", "F3")
def test_three_failures_and_the_recovery_are_each_told_once_on_the_next_page(fake: Any, admin: Client) -> None:
    fake.connect(name="Orders")
    fail(fake, times=2)
    assert DOWN not in page(admin)
    fail(fake, times=1)
    assert f"Orders {DOWN}" in page(admin)
    assert DOWN not in page(admin)
    assert "1 down" in page(admin)
    heal(fake)
    assert f"Orders {BACK}" in page(admin)
    assert BACK not in page(admin)
    assert "1 down" not in page(admin)


@pytest.mark.req("S4.58")
def test_each_person_hears_and_only_those_who_manage_channels(fake: Any, people: Any, admin: Client) -> None:
    fake.connect(name="Orders")
    fail(fake, times=3)
    heard = {}
    for name in ("owner", "admin", "agent", "viewer"):
        client = Client()
        client.force_login(getattr(people, name).user)
        heard[name] = DOWN in page(client)
    assert heard == {"owner": True, "admin": True, "agent": False, "viewer": False}
    stranger = Client()
    stranger.force_login(people.stranger.user)
    assert DOWN not in page(stranger, "/o/otherco/views/needs-reply/")


@pytest.mark.req("S4.58", "S4.59")
def test_the_list_that_is_looked_at_tells_while_it_is_polled(fake: Any, admin: Client) -> None:
    fake.connect(name="Orders")
    page(admin, MAILBOXES)
    fail(fake, times=3)
    told = admin.get(MAILBOXES, headers={"HX-Request": "true"})
    assert json.loads(told.headers["HX-Trigger"])["toast"]["tone"] == "bad"
    heal(fake)
    told = admin.get(MAILBOXES, headers={"HX-Request": "true"})
    assert json.loads(told.headers["HX-Trigger"])["toast"] == {
        "text": "Orders is read again.",
        "tone": "ok",
        "action": None,
    }
    assert "HX-Trigger" not in admin.get(MAILBOXES, headers={"HX-Request": "true"}).headers


def test_a_mailbox_that_was_deleted_or_paused_meanwhile_is_not_said_to_be_back(
    fake: Any, fernhollow: Any, admin: Client
) -> None:
    fake.connect(name="Orders")
    fail(fake, times=3)
    page(admin)
    with organization_scope(fernhollow.id):
        delete_mailbox(Mailbox.objects.get())
    assert BACK not in page(admin)


def test_the_notice_shows_a_name_as_text(fake: Any, fernhollow: Any, admin: Client) -> None:
    fake.connect(name="<img src=x>")
    fake.set(outage_notified_at=clock.now())
    assert f"&lt;img src=x&gt; {DOWN}" in page(admin)


@pytest.mark.req("S4.58")
def test_of_a_mailbox_that_mail_is_brought_to_no_server_is_told(fernhollow: Any, admin: Client) -> None:
    make_push_mailbox(fernhollow, name="Orders")
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(health=Health.UNREACHABLE, error_reason="disk_full", outage_notified_at=clock.now())
    told = page(admin, MAILBOXES)
    assert "Orders takes no mail now. Senders are asked to come again." in told
    assert "on the server" not in told.partition('id="toasts"')[2]
    assert "mail waits on the server" not in told
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(health=Health.REACHABLE, error_reason="", outage_notified_at=None)
    assert "Orders takes mail again." in page(admin)
