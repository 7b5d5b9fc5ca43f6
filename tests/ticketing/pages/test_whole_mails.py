"""The placeholder of a large message: what it says to whom, and how fetching the whole is asked for and followed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, RawMessage, RemoteMessage, WholeFetch
from mailboxes.services.reading.whole_requests import ask_for_whole
from tests.accounts.counting import queries_of
from tests.factories.incoming import make_mail, process_due, receive, receive_head, receive_rest, store
from tests.factories.outgoing import make_mailbox
from tests.ticketing.inbound.test_policy import make_bounce
from tests.ticketing.inbound.test_threading import our_id, write_reply
from ticketing.models import Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F25", "F26")]
HTMX = {"HX-Request": "true"}
SIZE = 80 * 1024 * 1024


@pytest.fixture
def large(fernhollow: Any, settings: Any, tmp_path: Any) -> Any:
    """The sighting of a mail of 80 MB that became a ticket from its headers."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with organization_scope(fernhollow.id):
        support = make_mailbox(address="support@fernhollow.test")
        head = make_mail(subject="Huge scan", message_id="huge@x.test").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        [entry] = receive(support, head, is_header_only=True, size_bytes=SIZE)
        return entry


@pytest.fixture
def ticket_url(large: Any, fernhollow: Any) -> str:
    with organization_scope(fernhollow.id):
        return f"/o/fernhollow/tickets/{Ticket.objects.get().number}/"


@pytest.fixture
def whole_url(large: Any, ticket_url: str, fernhollow: Any) -> str:
    with organization_scope(fernhollow.id):
        return f"{ticket_url}messages/{Message.objects.get().pk}/whole/"


def page_of(member: Any, address: str, **headers: str) -> str:
    client = Client()
    client.force_login(member.user)
    return client.get(address, headers=headers, follow=True).content.decode()


def has_come(large: Any) -> None:
    """The whole message was fetched, and waits to be processed. In the scope."""
    whole = store(large.mailbox, make_mail(subject="Huge scan", message_id="huge@x.test", text="All of it.\n"))
    RemoteMessage.objects.filter(raw=whole).delete()
    RemoteMessage.objects.filter(id=large.pk).update(raw=whole, outcome="pending")
    WholeFetch.objects.update(state="stored", whole=whole)


@pytest.mark.parametrize("place", ["ticket", "log"])
def test_an_admin_may_fetch_it_and_is_told_the_size_and_the_limit(
    large: Any, people: Any, ticket_url: str, place: str
) -> None:
    address = ticket_url if place == "ticket" else f"/o/fernhollow/inbound-log/{large.pk}/"
    page = page_of(people.admin, address)
    for words in ("Fetch now", "80\xa0MB", "50\xa0MB", "Nobody is notified"):
        assert words in page


def test_everybody_sees_size_and_limit_on_the_ticket(people: Any, ticket_url: str) -> None:
    page = page_of(people.viewer, ticket_url)
    assert "This mail has 80.0\xa0MB, the mailbox takes 50.0\xa0MB. Only its headers were fetched." in page


@pytest.mark.parametrize("who", ["viewer", "agent"])
def test_others_read_who_can(people: Any, ticket_url: str, who: str) -> None:
    page = page_of(getattr(people, who), ticket_url)
    assert "Owners and admins can fetch the whole message." in page
    assert "Fetch now" not in page


def test_asking_is_written_down_and_seen_after_a_reload(
    people: Any, ticket_url: str, whole_url: str, fernhollow: Any, client: Client
) -> None:
    client.force_login(people.admin.user)
    answer = client.post(f"{whole_url}fetching/")
    assert answer["Location"].startswith(f"{ticket_url}#message-")
    page = client.get(ticket_url).content.decode()
    assert "Requested" in page
    assert "Asked for by" in page
    assert f'hx-get="{whole_url}"' in page
    assert "asked for the whole of" in client.get("/o/fernhollow/settings/log/").content.decode()


def test_asking_twice_says_that_somebody_has(people: Any, ticket_url: str, whole_url: str, client: Client) -> None:
    client.force_login(people.admin.user)
    client.post(f"{whole_url}fetching/")
    client.force_login(people.owner.user)
    client.post(f"{whole_url}fetching/")
    assert "Somebody has asked for it already." in client.get(ticket_url).content.decode()


def test_it_can_be_asked_for_from_the_log(large: Any, people: Any, fernhollow: Any, client: Client) -> None:
    client.force_login(people.admin.user)
    address = f"/o/fernhollow/inbound-log/{large.pk}/"
    assert client.post(f"{address}whole/fetching/")["Location"] == address
    with organization_scope(fernhollow.id):
        assert WholeFetch.objects.get().requested_by_id == people.admin.pk


def test_a_paused_mailbox_is_said_instead_of_the_button(people: Any, ticket_url: str, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(is_enabled=False)
    page = page_of(people.admin, ticket_url)
    assert "The mailbox is paused" in page
    assert "Fetch now" not in page


def test_a_failure_says_why_and_the_servers_words_to_admins_alone(
    large: Any, people: Any, ticket_url: str, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        ask_for_whole(large.raw, actor=people.admin)
        WholeFetch.objects.update(state="failed", reason_code="message_unreadable", detail="[SERVERBUG] sorry")
    admin, viewer = page_of(people.admin, ticket_url), page_of(people.viewer, ticket_url)
    assert "The mail server failed on this message." in viewer
    assert ("[SERVERBUG] sorry" in admin, "[SERVERBUG] sorry" in viewer) == (True, False)
    assert "Fetch again" in admin


def test_the_page_that_asks_again_gets_the_progress_and_then_the_message(
    large: Any, people: Any, whole_url: str, fernhollow: Any, client: Client
) -> None:
    client.force_login(people.viewer.user)
    with organization_scope(fernhollow.id):
        ask_for_whole(large.raw, actor=people.admin)
        has_come(large)
    part = client.get(whole_url, headers=HTMX)
    assert "stored and being processed" in part.content.decode()
    assert "HX-Retarget" not in part.headers
    process_due()
    part = client.get(whole_url, headers=HTMX)
    assert "All of it." in part.content.decode()
    assert part["HX-Retarget"].startswith("#message-")


def test_the_log_that_asks_again_gets_the_details_anew(
    large: Any, people: Any, fernhollow: Any, client: Client
) -> None:
    client.force_login(people.admin.user)
    address = f"/o/fernhollow/inbound-log/{large.pk}/whole/"
    with organization_scope(fernhollow.id):
        ask_for_whole(large.raw, actor=people.admin)
    assert "as soon as a worker is free" in client.get(address, headers=HTMX).content.decode()
    with organization_scope(fernhollow.id):
        has_come(large)
    process_due()
    part = client.get(address, headers=HTMX)
    assert part["HX-Retarget"] == "#detail"
    assert "The rest of a mail whose headers came first" in part.content.decode()


def test_a_whole_message_in_quarantine_says_so(large: Any, people: Any, ticket_url: str, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        ask_for_whole(large.raw, actor=people.admin)
        has_come(large)
        RawMessage.objects.filter(is_header_only=False).update(state="quarantined")
    page = page_of(people.admin, ticket_url)
    assert "could not be processed" in page
    assert "load delay" not in page


def test_the_history_says_who_fetched_it(large: Any, people: Any, ticket_url: str, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        ask_for_whole(large.raw, actor=people.admin)
        has_come(large)
    process_due()
    page = page_of(people.viewer, ticket_url)
    assert "Adam Admin" in page
    assert "fetched the whole of a large message" in page


def test_mail_that_stays_on_the_server_is_said_in_the_log(large: Any, people: Any, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(after_import="delete")
        RemoteMessage.objects.update(ack_state="due", ack_due_at=clock.now())
    page = page_of(people.agent, f"/o/fernhollow/inbound-log/{large.pk}/")
    assert "Stays there until the whole message is fetched" in page


def test_a_ticket_without_placeholders_asks_nothing_more(
    large: Any, people: Any, ticket_url: str, fernhollow: Any, client: Client
) -> None:
    client.force_login(people.admin.user)
    client.get(ticket_url)
    with_placeholder = queries_of(client, ticket_url)
    with organization_scope(fernhollow.id):
        Message.objects.get().attachments.all().delete()
    assert queries_of(client, ticket_url) < with_placeholder


@pytest.mark.req("F84")
def test_a_bounce_in_a_ticket_of_its_own_leads_to_the_mail_that_failed(
    large: Any, people: Any, ticket_url: str, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        [asked] = receive(large.mailbox, make_mail(message_id="first@customer.test"))
        answered = Ticket.objects.get(id=asked.ticket_id)
        bounce = make_bounce(our_id(write_reply(answered)))
        own = Ticket.objects.get(id=receive_rest(receive_head(large.mailbox, bounce), bounce).ticket_id)
        failed = Message.objects.get(kind="outbound")
    address = f"/o/fernhollow/tickets/{answered.number}/"
    page = page_of(people.agent, f"/o/fernhollow/tickets/{own.number}/")
    assert f'href="{address}#message-{failed.pk}"' in page
    assert f"received a bounce, which stands in <b>#{own.number}</b>" in page_of(people.agent, address)
