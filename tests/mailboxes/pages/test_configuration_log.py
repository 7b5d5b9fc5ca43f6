"""Changes of mailboxes and servers in the configuration log: who, when, from what to what, and no secret."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from helpdesk.accounts.models import AuditEntry, User
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, SecurityChoice
from mailboxes.services.sending.named_servers import NamedServerInput, create_named, delete_named
from mailboxes.services.setup.mailboxes import create_mailbox, delete_mailbox, pause_mailbox, update_mailbox
from tests.factories.mailboxes import PASSWORD, mailbox_input

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.61")]
LOG = "/o/fernhollow/settings/log/"


@pytest.fixture
def mailbox(people: Any, fernhollow: Any) -> Mailbox:
    """The admin has connected it."""
    with organization_scope(fernhollow.id):
        return create_mailbox(mailbox_input(name="Orders", address="orders@fernhollow.test"), actor=people.admin)


def lines(client: Client, **query: Any) -> list[str]:
    """What the log says, a line for each entry."""
    page = LexborHTMLParser(client.get(LOG, query).content.decode())
    return [" ".join(row.text().split()) for row in page.css("#audit tbody tr")]


@pytest.mark.both
def test_a_changed_mailbox_is_told_with_who_and_both_values_and_without_secrets(
    admin: Client, mailbox: Mailbox, people: Any, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        entered = mailbox_input(name="Orders", address="orders@fernhollow.test", poll_interval_s=300)
        update_mailbox(mailbox, entered, actor=people.owner)
        pause_mailbox(mailbox, actor=people.owner)
    paused, changed, added = lines(admin)
    assert "Olive Owner" in paused
    assert "paused the mailbox Orders" in paused
    assert "seconds between looks: 300" in changed
    assert "username for reading: help" in changed
    assert "password: changed →to changed" in changed
    assert "Adam Admin" in added
    assert PASSWORD not in admin.get(LOG).content.decode()


def test_what_is_still_there_is_a_link_and_what_is_gone_is_a_name(
    admin: Client, mailbox: Mailbox, people: Any, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        entered = NamedServerInput(name="Relay", host="relay.example.test", port=587, security=SecurityChoice.STARTTLS)
        server = create_named(entered, actor=people.admin)
    page = admin.get(LOG).content.decode()
    for address in (f"/mailboxes/{mailbox.pk}/", f"/mailboxes/outgoing/{server.pk}/"):
        assert f'href="/o/fernhollow{address}"' in page
        assert admin.get(f"/o/fernhollow{address}").status_code == 200
    with organization_scope(fernhollow.id):
        delete_mailbox(mailbox, actor=people.admin)
        delete_named(server, actor=people.admin)
    page = admin.get(LOG).content.decode()
    assert f"/mailboxes/{mailbox.pk}/" not in page
    assert f"/mailboxes/outgoing/{server.pk}/" not in page
    assert '<b dir="auto">Orders</b>' in page


@pytest.mark.both
def test_it_is_narrowed_to_days_of_the_viewers_zone(admin: Client, mailbox: Mailbox, people: Any) -> None:
    with organization_scope(people.admin.organization_id):
        AuditEntry.objects.update(at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    User.objects.filter(pk=people.admin.user_id).update(timezone="Asia/Tokyo")
    assert len(lines(admin, **{"from": "2026-03-02", "to": "2026-03-02"})) == 1
    assert lines(admin, **{"to": "2026-03-01"}) == []
    assert lines(admin, **{"from": "2026-03-03"}) == []
    page = admin.get(LOG, {"from": "2026-03-02"}).content.decode()
    assert 'value="2026-03-02"' in page


@pytest.mark.parametrize("day", ["2026-13-01", "x", "9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_day_that_is_none_narrows_nothing(admin: Client, mailbox: Mailbox, day: str) -> None:
    assert len(lines(admin, **{"from": day, "to": day})) == 1


def test_what_nobody_did_is_found_by_what_did_it(admin: Client, mailbox: Mailbox, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        audit.record("mailbox.outage", target=mailbox, origin="worker")
        audit.record("mailbox.paused", target=mailbox, origin="command")
    assert "cannot read the mailbox" in lines(admin, member="worker")[0]
    assert "paused the mailbox" in lines(admin, member="command")[0]
    assert [len(lines(admin, member=who)) for who in ("worker", "command", "")] == [1, 1, 3]


def test_a_long_log_comes_in_pages_that_keep_the_filter(admin: Client, mailbox: Mailbox, fernhollow: Any) -> None:
    began = clock.now()
    with organization_scope(fernhollow.id):
        for number in range(60):
            with clock.held_at(began + timedelta(seconds=number)):
                audit.record("mailbox.paused", target=mailbox, origin="command")
    page = LexborHTMLParser(admin.get(LOG, {"member": "command"}).content.decode())
    assert len(page.css("#audit tbody tr")) == 50
    [following] = page.css("a[rel=next]")
    assert "member=command" in (following.attributes["href"] or "")
    rest = LexborHTMLParser(admin.get(LOG + (following.attributes["href"] or "")).content.decode())
    assert len(rest.css("#audit tbody tr")) == 10


def test_only_who_may_see_it_sees_it(people: Any, mailbox: Mailbox, client: Client) -> None:
    codes = {}
    for name in ("owner", "admin", "agent", "viewer", "stranger"):
        client.force_login(getattr(people, name).user)
        codes[name] = client.get(LOG).status_code
    assert codes == {"owner": 200, "admin": 200, "agent": 403, "viewer": 403, "stranger": 404}
