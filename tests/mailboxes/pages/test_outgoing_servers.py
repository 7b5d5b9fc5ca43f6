"""Outgoing servers that stand by themselves: their pages, and the mailboxes that send through them."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy import secrets
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutgoingServer
from mailboxes.services.sending.outgoing_servers import default_server, server_for
from mailboxes.services.sending.pace import mails_per_minute
from mailboxes.services.setup.form_config import plan_of
from tests.factories.mailboxes import mailbox_input
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox
from tests.mailboxes.pages.test_connection_test_page import result_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.28")]

SERVERS = f"{MAILBOXES}outgoing/"


def relay(**changes: Any) -> dict[str, Any]:
    """What the form of a server sends."""
    values = {
        "name": "Relay",
        "smtp_host": "relay.example.test",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "smtp_username": "relay",
        "smtp_password": "relay secret",
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def only_server(organization: Any) -> OutgoingServer:
    with organization_scope(organization.id):
        return OutgoingServer.objects.exclude(name="").get()


def test_a_server_is_added_listed_and_changed_without_showing_its_password(admin: Client, fernhollow: Any) -> None:
    assert "No outgoing servers of their own" in admin.get(SERVERS).content.decode()
    page = admin.post(f"{SERVERS}new/", relay(mails_per_minute=30), follow=True).content.decode()
    assert "relay.example.test:587" in page
    server = only_server(fernhollow)
    edit = admin.get(f"{SERVERS}{server.pk}/").content.decode()
    assert "relay secret" not in page + edit
    admin.post(f"{SERVERS}{server.pk}/", relay(name="Way out", smtp_password=None))
    server = only_server(fernhollow)
    assert (server.name, server.mails_per_minute) == ("Way out", None)
    with organization_scope(fernhollow.id):
        assert secrets.open_for(server, "password_sealed") == "relay secret"


@pytest.mark.parametrize(
    "changes", [{"smtp_host": "evil.example.test"}, {"smtp_port": 25}, {"smtp_security": "tls"}, {"smtp_username": "x"}]
)
def test_another_server_or_account_asks_for_the_password_again(
    admin: Client, fernhollow: Any, changes: dict[str, Any]
) -> None:
    admin.post(f"{SERVERS}new/", relay())
    answer = admin.post(f"{SERVERS}{only_server(fernhollow).pk}/", relay(smtp_password=None, **changes))
    assert answer.status_code == 422
    assert "Enter the password for this server" in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Enter a name"),
        ({"smtp_host": "not a name"}, "not the name or address of a server"),
        ({"smtp_port": 0}, "greater than or equal to 1"),
        ({"mails_per_minute": 0}, "greater than or equal to 1"),
        ({"smtp_security": "none"}, "valid choice"),
        ({"smtp_password": ""}, "Enter the password"),
    ],
)
def test_what_cannot_be_is_refused(admin: Client, settings: Any, changes: dict[str, Any], words: str) -> None:
    settings.MAIL_ALLOW_CLEARTEXT = False
    answer = admin.post(f"{SERVERS}new/", relay(**changes))
    assert answer.status_code == 422
    assert words in html.unescape(answer.content.decode())


def test_two_servers_do_not_share_a_name_and_one_is_the_default(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{SERVERS}new/", relay(is_default="on"))
    answer = admin.post(f"{SERVERS}new/", relay())
    assert "There is an outgoing server with this name" in html.unescape(answer.content.decode())
    admin.post(f"{SERVERS}new/", relay(name="Other", is_default="on"))
    with organization_scope(fernhollow.id):
        default = default_server()
        assert default is not None
        assert (default.name, OutgoingServer.objects.filter(is_default=True).count()) == ("Other", 1)


def test_a_mailbox_sends_through_a_server_it_chose_and_back_through_its_own(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{SERVERS}new/", relay())
    server = only_server(fernhollow)
    assert "Send through" in admin.get(f"{MAILBOXES}new/").content.decode()
    admin.post(f"{MAILBOXES}new/", entered(smtp_server=server.pk))
    mailbox = only_mailbox(fernhollow)
    with organization_scope(fernhollow.id):
        assert server_for(mailbox) == server
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert f'<option value="{server.pk}" selected>Relay</option>' in page
    own = {"smtp_server": "", "smtp_host": "own.example.test"}
    assert admin.post(f"{MAILBOXES}{mailbox.pk}/", entered(**own)).status_code == 302
    mailbox = only_mailbox(fernhollow)
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.host, only_server(fernhollow).host) == ("own.example.test", "relay.example.test")


def test_a_server_of_a_mailbox_that_it_no_longer_sends_through_forgets_its_password(
    admin: Client, fernhollow: Any
) -> None:
    own = {"smtp_same_login": None, "smtp_username": "sender", "smtp_password": "another secret"}
    admin.post(f"{MAILBOXES}new/", entered(**own))
    mailbox = only_mailbox(fernhollow)
    admin.post(f"{SERVERS}new/", relay())
    admin.post(f"{MAILBOXES}{mailbox.pk}/", entered(smtp_server=only_server(fernhollow).pk, password=""))
    with organization_scope(fernhollow.id):
        assert OutgoingServer.objects.get(name="").password_sealed == ""
        assert only_server(fernhollow).password_sealed


def test_the_test_of_a_mailbox_tries_the_server_it_sends_through(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{SERVERS}new/", relay())
    with organization_scope(fernhollow.id):
        plan = plan_of(mailbox_input(linked=only_server(fernhollow)), mailbox=None)
    assert plan.steps[-1].begins.facts["host"] == "relay.example.test"


@pytest.mark.servers
@pytest.mark.parametrize(("password", "headline"), [("", "Sending works"), ("wrong", "Sending does not work")])
def test_a_server_is_tested_with_its_stored_password_before_it_is_saved_anew(
    admin: Client, fernhollow: Any, mail_settings: Any, smtp_server: Any, password: str, headline: str
) -> None:
    smtp_server.behave(users={"relay": "relay secret"})
    place = {"smtp_host": "localhost", "smtp_port": smtp_server.port}
    admin.post(f"{SERVERS}new/", relay(**place))
    values = relay(**place, smtp_password=password, server=str(only_server(fernhollow).pk))
    page = result_of(admin, admin.post(f"{SERVERS}test/", values))
    assert f">{headline}</h2>" in page
    assert "Check these, in this order" not in page
    assert "relay secret" not in page
    assert smtp_server.received == []


def test_a_server_of_another_organization_or_none_is_not_tested(admin: Client) -> None:
    for unknown in ("nonsense", "590f3e26-0ab6-4e5d-a8c0-b1f4a3ad5a48"):
        assert admin.post(f"{SERVERS}test/", relay(server=unknown)).status_code == 404


def test_a_server_in_use_is_not_removed_and_one_that_is_not_is(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{SERVERS}new/", relay())
    server = only_server(fernhollow)
    admin.post(f"{MAILBOXES}new/", entered(smtp_server=server.pk))
    page = f"{SERVERS}{server.pk}/deletion/"
    assert "These mailboxes send through it" in admin.get(page).content.decode()
    assert admin.post(page).status_code == 422
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(outgoing=None)
    assert admin.post(page).status_code == 302
    assert admin.get(page).status_code == 404


def test_the_default_is_not_removed_while_a_mailbox_rests_on_it(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{SERVERS}new/", relay(is_default="on"))
    admin.post(f"{MAILBOXES}new/", entered(smtp_host=""))
    listed = admin.get(SERVERS).content.decode()
    assert "Default" in listed
    assert "<bdi>Help</bdi>" in listed
    assert admin.post(f"{SERVERS}{only_server(fernhollow).pk}/deletion/").status_code == 422


@pytest.mark.req("F109")
def test_how_many_mails_may_leave_in_a_minute_is_a_matter_of_the_server(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{SERVERS}new/", relay(mails_per_minute=2))
    assert mails_per_minute(only_server(fernhollow)) == 2


def test_a_server_of_a_mailbox_has_no_page(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered())
    mailbox = only_mailbox(fernhollow)
    assert mailbox.outgoing is not None
    assert admin.get(f"{SERVERS}{mailbox.outgoing.pk}/").status_code == 404


def test_the_list_asks_as_much_for_many_as_for_few(
    admin: Client, fernhollow: Any, django_assert_max_num_queries: Any
) -> None:
    def asked() -> int:
        with django_assert_max_num_queries(60) as seen:
            admin.get(SERVERS)
        return len(seen)

    admin.post(f"{SERVERS}new/", relay())
    admin.get(SERVERS)  # shows the toast
    few = asked()
    assert few < 20
    for number in range(3):
        admin.post(f"{SERVERS}new/", relay(name=f"Relay {number}"))
    admin.get(SERVERS)
    assert asked() == few
