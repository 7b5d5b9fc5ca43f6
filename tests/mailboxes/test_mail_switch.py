"""Email to ticket is off for an organization: nothing is read or processed, nothing is lost, nothing doubled."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, RawMessage
from mailboxes.services.liveness import real_time
from mailboxes.services.setup.mail_switch import start_taking_mail, stop_taking_mail
from mailboxes.services.setup.mailboxes import ask_poll_now, pause_mailbox, resume_mailbox, update_mailbox
from tests.factories.incoming import make_mail, process_due
from tests.factories.mailboxes import mailbox_input, make_push_mailbox
from tests.mailboxes.account import mail
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S4.52")]
SWITCH = f"{MAILBOXES}email-to-ticket/"


@pytest.fixture
def orders(fake: Any, people: Any) -> Any:
    """A mailbox that was read once."""
    fake.connect(name="Orders", address="orders@fernhollow.test", is_real_time=True)
    fake.poll()
    return fake


def switch(fake: Any, people: Any, *, on: bool) -> None:
    with organization_scope(fake.organization.id):
        (start_taking_mail if on else stop_taking_mail)(fake.organization, actor=people.admin)


def read_what_is_due() -> None:
    """The workers read every mailbox that is due within the hour."""
    with clock.held_at(clock.in_seconds(3600)):
        drains.drain_now(WorkKind.POLL)


def test_while_it_is_off_nothing_is_read_and_afterwards_everything_comes_once(orders: Any, people: Any) -> None:
    switch(orders, people, on=False)
    orders.source.put(mail(1))
    listings = orders.source.listings
    read_what_is_due()
    assert (orders.raw_count(), orders.source.listings) == (0, listings)
    orders.source.put(mail(2))
    switch(orders, people, on=True)
    read_what_is_due()
    read_what_is_due()
    assert orders.outcomes() == [("1", "pending"), ("2", "pending")]


def test_while_it_is_off_and_who_writes_is_told_mailboxes_are_read(
    orders: Any, people: Any, client: Client, fernhollow: Any
) -> None:
    client.force_login(people.admin.user)
    assert client.post(SWITCH, {"state": "off", "meanwhile": "tell"})["Location"] == MAILBOXES
    assert Organization.objects.values_list("takes_mail", "tells_while_off").get(pk=fernhollow.pk) == (False, True)
    orders.source.put(mail(1))
    read_what_is_due()
    assert orders.raw_count() == 1
    _mailbox, token = make_push_mailbox(fernhollow, name="Pushed", address="pushed@fernhollow.test")
    assert Client().post(f"/push/{token}/", make_mail(), content_type="message/rfc822").status_code == 202
    assert WorkItem.objects.filter(kind=WorkKind.PROCESS).count() == 2
    listed, page = (client.get(address).content.decode() for address in (MAILBOXES, SWITCH))
    assert "its sender is told. Answers go into their tickets." in listed
    assert "Switched off" not in listed
    assert "Other mail is ignored and its sender told" in page
    client.post(SWITCH, {"state": "on"})
    assert Organization.objects.values_list("takes_mail", "tells_while_off").get(pk=fernhollow.pk) == (True, False)
    for meanwhile in ("wait", "tell"):  # mail that waits becomes tickets: whoever has an old page open changes nothing
        page = client.post(SWITCH, {"state": "off", "meanwhile": meanwhile}, follow=True).content.decode()
        assert "Nothing is lost." in page
    assert Organization.objects.values_list("takes_mail", "tells_while_off").get(pk=fernhollow.pk) == (False, False)
    log = client.get("/o/fernhollow/settings/log/").content.decode()
    assert "who writes meanwhile is told" in log


def test_a_poll_under_way_stops_when_it_is_switched_off(orders: Any, people: Any) -> None:
    claim = work.claim_row(
        WorkKind.POLL, organization_id=orders.organization.id, row_id=orders.mailbox_id, lease_s=60, force=True
    )
    assert claim is not None
    switch(orders, people, on=False)
    with pytest.raises(work.LeaseLost):
        work.still_ours(claim)


def test_nothing_but_the_switch_starts_it_again(orders: Any, people: Any, fernhollow: Any) -> None:
    switch(orders, people, on=False)
    orders.source.put(mail(1))
    with organization_scope(fernhollow.id):
        mailbox = Mailbox.objects.get()
        ask_poll_now(mailbox)
        update_mailbox(mailbox, mailbox_input(name="Orders 2", address="orders@fernhollow.test", is_real_time=True))
        pause_mailbox(mailbox)
        resume_mailbox(mailbox)
    read_what_is_due()
    assert orders.raw_count() == 0
    assert real_time.wanted() == {}
    assert WorkItem.objects.get(kind=WorkKind.POLL).due_at > clock.in_seconds(86_400)
    switch(orders, people, on=True)
    assert len(real_time.wanted()) == 1


def test_a_mailbox_that_is_paused_by_itself_stays_so(orders: Any, people: Any, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        pause_mailbox(Mailbox.objects.get())
    switch(orders, people, on=False)
    switch(orders, people, on=True)
    orders.source.put(mail(1))
    read_what_is_due()
    assert orders.raw_count() == 0


def test_what_is_brought_meanwhile_is_kept_and_processed_afterwards(orders: Any, people: Any, fernhollow: Any) -> None:
    mailbox, token = make_push_mailbox(fernhollow, name="Pushed", address="pushed@fernhollow.test")
    switch(orders, people, on=False)
    content = make_mail()
    answer = Client().post(f"/push/{token}/", content, content_type="message/rfc822")
    assert (answer.status_code, process_due()) == (202, 0)
    with organization_scope(fernhollow.id):
        pause_mailbox(mailbox)
        resume_mailbox(Mailbox.objects.get(pk=mailbox.pk))
    assert process_due() == 0
    switch(orders, people, on=True)
    assert process_due() == 1
    assert Client().post(f"/push/{token}/", content, content_type="message/rfc822").status_code == 200
    with organization_scope(fernhollow.id):
        assert RawMessage.objects.count() == 1


def test_another_organization_is_not_touched(orders: Any, people: Any) -> None:
    with organization_scope(people.stranger.organization_id):
        other = Organization.objects.get(pk=people.stranger.organization_id)
        stop_taking_mail(other, actor=people.stranger)
    orders.source.put(mail(1))
    read_what_is_due()
    assert orders.raw_count() == 1


def test_every_page_of_mailboxes_says_that_it_is_off(orders: Any, people: Any, client: Client) -> None:
    client.force_login(people.admin.user)
    pages = (MAILBOXES, f"{MAILBOXES}{orders.mailbox_id}/", f"{MAILBOXES}{orders.mailbox_id}/health/",
             f"{MAILBOXES}connect/", f"{MAILBOXES}outgoing/")  # fmt: skip
    assert all("Email to ticket is off" not in client.get(page).content.decode() for page in pages)
    assert client.post(SWITCH, {"state": "off"})["Location"] == MAILBOXES
    for page in pages:
        assert "Email to ticket is off" in client.get(page).content.decode(), page
    listed = client.get(MAILBOXES).content.decode()
    assert "Switched off" in listed
    assert "of 1 active" in listed
    assert "Email to ticket is off" not in client.get("/o/fernhollow/settings/people/").content.decode()
    client.post(SWITCH, {"state": "on"})
    assert "Email to ticket is off" not in client.get(MAILBOXES).content.decode()


def test_who_switched_it_stands_in_the_log_once(orders: Any, people: Any, client: Client, fernhollow: Any) -> None:
    client.force_login(people.admin.user)
    for state in ("off", "off", "on", "on"):
        client.post(SWITCH, {"state": state})
    with organization_scope(fernhollow.id):
        entries = AuditEntry.objects.filter(action__startswith="organization.mail").order_by("id")
        assert [(entry.action, entry.actor) for entry in entries] == [
            ("organization.mail_stopped", people.admin),
            ("organization.mail_started", people.admin),
        ]
    log = client.get("/o/fernhollow/settings/log/").content.decode()
    assert "switched off email to ticket for" in log


def test_only_who_manages_channels_may_switch_it(orders: Any, people: Any, client: Client) -> None:
    codes = {}
    for name in ("agent", "viewer", "stranger"):
        client.force_login(getattr(people, name).user)
        codes[name] = (client.get(SWITCH).status_code, client.post(SWITCH, {"state": "off"}).status_code)
    assert codes == {"agent": (403, 403), "viewer": (403, 403), "stranger": (404, 404)}
    assert Organization.objects.get(slug="fernhollow").takes_mail
