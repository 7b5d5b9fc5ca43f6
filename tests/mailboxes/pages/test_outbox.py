"""The outbox page: what it says of every mail on its way out, and what may be done with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import DeliveryState, OutboxMessage, OutgoingServer
from tests.accounts.counting import queries_of
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail
from tests.factories.tickets import make_ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both]
OUTBOX = "/o/fernhollow/outbox/"
HTMX = {"HX-Request": "true"}
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def server(in_fernhollow: Any) -> OutgoingServer:
    return make_outgoing_server(username="help", password="very secret words")


def in_state(server: OutgoingServer, state: DeliveryState, **changes: Any) -> OutboxMessage:
    """A mail to anna@customer.test that got this far."""
    mail = queue_mail(server, mailbox=make_mailbox(server, name="Repairs"))
    mail.recipients.update(state=state, code=550, detail="5.1.1 No such user")
    OutboxMessage.objects.filter(pk=mail.pk).update(state=state, attempts=2, **changes)
    mail.refresh_from_db()
    return mail


@pytest.fixture
def agent(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def text_of(client: Client, query: str = "", **more: Any) -> str:
    return client.get(OUTBOX + query, **more).content.decode()


@pytest.mark.req("F107")
def test_a_failed_mail_stands_first_with_the_servers_words(server: OutgoingServer, agent: Client) -> None:
    in_state(server, DeliveryState.FAILED, error_reason="recipient_refused", error_detail="550 5.1.1 No such user")
    page = text_of(agent)
    for words in ("Hello", "anna@customer.test", "Failed", "does not take mail for this recipient", "No such user"):
        assert words in page
    assert "1 needs a person" in page


@pytest.mark.req("F107")
def test_a_mail_that_waits_says_when_it_is_tried_again(server: OutgoingServer, agent: Client) -> None:
    in_state(server, DeliveryState.RETRY, error_reason="timeout", next_try_at=clock.now())
    assert "Nothing needs a person" in text_of(agent)
    page = text_of(agent, "?show=retry")
    assert "Next try" in page
    assert "2 tries so far" in page
    assert "did not answer in time" in page


@pytest.mark.req("F107")
def test_what_is_known_of_a_recipient_and_of_the_copy_in_sent_is_said_in_words(
    server: OutgoingServer, agent: Client
) -> None:
    mail = in_state(server, DeliveryState.UNKNOWN, filing="failed", filing_reason="folder_not_found")
    mail.recipients.update(reason="timeout")
    page = text_of(agent)
    assert "The outgoing server did not answer in time." in page
    assert "no folder for sent mail" in page
    assert "folder_not_found" not in page


def test_each_filter_shows_its_states(server: OutgoingServer, agent: Client) -> None:
    for state in (DeliveryState.SENT, DeliveryState.CANCELLED, DeliveryState.UNKNOWN, DeliveryState.FAILED):
        in_state(server, state)
    counts = {
        show: text_of(agent, f"?show={show}", headers=HTMX).count("anna@customer.test</bdi></span>")
        for show in ("person", "unknown", "failed", "retry", "queued", "sent", "cancelled", "all", "nonsense")
    }
    assert counts == {
        "person": 2,
        "unknown": 1,
        "failed": 1,
        "retry": 0,
        "queued": 0,
        "sent": 1,
        "cancelled": 1,
        "all": 4,
        "nonsense": 2,
    }


def test_the_part_is_the_list_alone(server: OutgoingServer, agent: Client) -> None:
    in_state(server, DeliveryState.FAILED)
    part = text_of(agent, headers=HTMX)
    assert "anna@customer.test" in part
    assert "<html" not in part


def test_a_mail_leads_to_its_ticket(server: OutgoingServer, agent: Client) -> None:
    ticket = make_ticket("Stove valve hisses")
    in_state(server, DeliveryState.FAILED, ticket_id=ticket.pk)
    page = text_of(agent)
    assert f'href="/o/fernhollow/tickets/{ticket.number}/"' in page
    assert f"#{ticket.number}" in page


@pytest.mark.req("F107")
def test_a_failed_mail_is_tried_again(server: OutgoingServer, agent: Client, people: Any) -> None:
    mail = in_state(server, DeliveryState.FAILED)
    response = agent.post(f"{OUTBOX}{mail.pk}/retry/", {"show": "failed"})
    assert response.headers["Location"] == f"{OUTBOX}?show=failed"
    mail.refresh_from_db()
    assert mail.state == DeliveryState.QUEUED
    assert WorkItem.objects.filter(kind=WorkKind.DELIVER, row_id=mail.pk).exists()
    assert AuditEntry.objects.get(action="outbox.retried").actor == people.agent


@pytest.mark.req("F107")
def test_a_mail_that_waits_is_cancelled(server: OutgoingServer, agent: Client) -> None:
    mail = in_state(server, DeliveryState.RETRY)
    agent.post(f"{OUTBOX}{mail.pk}/cancellation/")
    mail.refresh_from_db()
    assert mail.state == DeliveryState.CANCELLED
    assert not WorkItem.objects.filter(kind=WorkKind.DELIVER, row_id=mail.pk).exists()


@pytest.mark.parametrize(("action", "after"), [("resending", "queued"), ("confirmation", "sent")])
def test_a_person_decides_about_an_unknown_mail(server: OutgoingServer, agent: Client, action: str, after: str) -> None:
    mail = in_state(server, DeliveryState.UNKNOWN)
    assert "The server may have it already" in text_of(agent)
    agent.post(f"{OUTBOX}{mail.pk}/{action}/")
    mail.refresh_from_db()
    assert mail.state == after


def test_a_failed_recipient_gets_another_address(server: OutgoingServer, agent: Client) -> None:
    mail = in_state(server, DeliveryState.FAILED)
    recipient = mail.recipients.get()
    agent.post(f"{OUTBOX}recipients/{recipient.pk}/address/", {"address": " anna@correct.test "})
    recipient.refresh_from_db()
    assert (recipient.address, recipient.state) == ("anna@correct.test", DeliveryState.QUEUED)


@pytest.mark.parametrize("address", ["", "nobody", "a@b.test\r\nRCPT TO:<x@y.test>", "\x00@customer.test"])
def test_what_is_no_address_is_refused_with_words(server: OutgoingServer, agent: Client, address: str) -> None:
    mail = in_state(server, DeliveryState.FAILED)
    recipient = mail.recipients.get()
    page = agent.post(f"{OUTBOX}recipients/{recipient.pk}/address/", {"address": address}, follow=True)
    assert "is not an e-mail address" in page.content.decode()
    recipient.refresh_from_db()
    assert (recipient.address, recipient.state) == ("anna@customer.test", DeliveryState.FAILED)


@pytest.mark.parametrize("action", ["retry", "resending", "confirmation", "cancellation"])
def test_what_is_decided_already_is_said(server: OutgoingServer, agent: Client, action: str) -> None:
    mail = in_state(server, DeliveryState.SENT)
    page = agent.post(f"{OUTBOX}{mail.pk}/{action}/", follow=True).content.decode()
    assert "in another state by now" in page


def test_a_paused_server_is_told_and_resumed(server: OutgoingServer, admin: Client) -> None:
    queue_mail(server)
    OutgoingServer.objects.update(paused_at=clock.now(), pause_reason="login_refused", pause_detail="535 no")
    page = text_of(admin)
    for words in ("Nothing leaves through 127.0.0.1", "refused the username or password", "1 mail waits", "535 no"):
        assert words in page
    assert "very secret words" not in page
    assert "Paused" in text_of(admin, "?show=queued", headers=HTMX)
    admin.post(f"{OUTBOX}servers/{server.pk}/resumption/")
    assert OutgoingServer.objects.get().paused_at is None
    assert AuditEntry.objects.filter(action="outbox.server_resumed").count() == 1
    again = admin.post(f"{OUTBOX}servers/{server.pk}/resumption/", follow=True)
    assert "not paused any more" in again.content.decode()


def test_an_agent_is_told_who_resumes_a_server(server: OutgoingServer, agent: Client) -> None:
    OutgoingServer.objects.update(paused_at=clock.now(), pause_reason="login_refused")
    assert "An admin can resume it" in text_of(agent)
    assert agent.post(f"{OUTBOX}servers/{server.pk}/resumption/").status_code == 403


def test_words_from_outside_are_shown_as_text(server: OutgoingServer, agent: Client) -> None:
    mail = in_state(server, DeliveryState.FAILED, subject=XSS, error_detail=XSS)
    mail.recipients.update(detail=XSS, address=f"{XSS}@x.test")
    page = text_of(agent)
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x") >= 4


def test_who_may_not_see_the_outbox_gets_nothing(server: OutgoingServer, people: Any, client: Client) -> None:
    mail = in_state(server, DeliveryState.FAILED)
    recipient = mail.recipients.get()
    codes = {}
    for name in ("viewer", "stranger"):
        client.force_login(getattr(people, name).user)
        codes[name] = [
            client.get(OUTBOX).status_code,
            client.post(f"{OUTBOX}{mail.pk}/retry/").status_code,
            client.post(f"{OUTBOX}recipients/{recipient.pk}/address/", {"address": "a@b.test"}).status_code,
            client.post(f"{OUTBOX}servers/{server.pk}/resumption/").status_code,
        ]
    assert codes == {"viewer": [403] * 4, "stranger": [404] * 4}


def test_another_organization_has_other_mail(server: OutgoingServer, people: Any, client: Client) -> None:
    mail = in_state(server, DeliveryState.FAILED)
    recipient = mail.recipients.get()
    client.force_login(people.stranger.user)
    other = "/o/otherco/outbox/"
    assert "anna@customer.test" not in client.get(f"{other}?show=all").content.decode()
    assert client.post(f"{other}{mail.pk}/retry/").status_code == 404
    assert client.post(f"{other}recipients/{recipient.pk}/address/", {"address": "a@b.test"}).status_code == 404
    assert client.post(f"{other}servers/{server.pk}/resumption/").status_code == 404


def test_the_page_takes_no_post_and_the_actions_no_get(server: OutgoingServer, admin: Client) -> None:
    mail = in_state(server, DeliveryState.FAILED)
    assert admin.post(OUTBOX).status_code == 405
    assert admin.get(f"{OUTBOX}{mail.pk}/retry/").status_code == 405
    assert admin.post(f"{OUTBOX}{mail.pk}/burning/").status_code == 404
    assert admin.post(f"{OUTBOX}{10**30}/retry/").status_code == 404


def test_the_rail_counts_what_needs_a_person(server: OutgoingServer, agent: Client) -> None:
    quiet = agent.get("/o/fernhollow/views/mine/").content.decode()
    assert f'href="{OUTBOX}"' in quiet
    in_state(server, DeliveryState.UNKNOWN)
    loud = agent.get("/o/fernhollow/views/mine/").content.decode()
    assert loud.count(f'href="{OUTBOX}"') > quiet.count(f'href="{OUTBOX}"')


def test_the_rail_and_the_mailbox_list_say_that_nothing_leaves(server: OutgoingServer, admin: Client) -> None:
    make_mailbox(server, name="Repairs")
    quiet = admin.get("/o/fernhollow/mailboxes/").content.decode()
    assert "Nothing leaves" not in quiet
    OutgoingServer.objects.update(paused_at=clock.now(), pause_reason="login_refused")
    loud = admin.get("/o/fernhollow/mailboxes/").content.decode()
    assert "Nothing leaves through 127.0.0.1" in loud
    assert "paused</span>" in loud


def test_a_longer_outbox_costs_no_more_queries(server: OutgoingServer, agent: Client, fernhollow: Any) -> None:
    in_state(server, DeliveryState.FAILED, ticket_id=make_ticket().pk)
    few = queries_of(agent, OUTBOX)
    with organization_scope(fernhollow.id):
        for _ in range(8):
            in_state(server, DeliveryState.FAILED, ticket_id=make_ticket().pk)
    assert queries_of(agent, OUTBOX) == few
