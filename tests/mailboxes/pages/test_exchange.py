"""The forms of mailboxes on Exchange servers: an account with a password, and an app registration."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from mailboxes.models import Mailbox, OAuthGrant, OutgoingKind
from mailboxes.services.setup.testing import run_named
from tests.mailboxes.account import mail
from tests.mailboxes.ews import ExchangeOnline, exchange_online
from tests.mailboxes.pages.entering import MAILBOXES, entered, finish, only_mailbox
from tests.servers.certificates import CertificateAuthority
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ADDRESS = "support@fernhollow.example"
NEW_APP = f"{MAILBOXES}new/microsoft-app/"
TEST = f"{MAILBOXES}test/"


@pytest.fixture
def online(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[ExchangeOnline]:
    """A tenant with an app, and a mailbox with one mail."""
    with exchange_online(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.ews.mailbox(ADDRESS).deliver(mail(1))
        yield made


def by_app(online: ExchangeOnline, **changes: Any) -> dict[str, Any]:
    """The form of the app as an admin fills it in."""
    values = {
        "kind": "graph",
        "protocol": "ews",
        "host": "EWS:localhost/ews/Exchange.asmx",
        "port": online.ews.port,
        "name": "Support",
        "address": ADDRESS,
        "tenant": online.tenant,
        "client_id": online.client_id,
        "client_secret": online.secret,
        "cloud": "global",
        "folder": "Inbox",
        "sends": "on",
        "after_import": "leave",
        "max_message_mb": 50,
    }
    return values | changes


def by_account(**changes: Any) -> dict[str, Any]:
    """The form of an account with a password."""
    values = {"protocol": "ews", "port": 443, "username": "FERN\\ann", "smtp_host": None, "sends_itself": "on"}
    return entered(**(values | changes))


# An account with a password.


@pytest.mark.req("S4.9", "S4.22")
def test_an_account_names_whose_mailbox_it_opens_how_and_that_it_sends(admin: Client, fernhollow: Any) -> None:
    answer = admin.post(f"{MAILBOXES}new/", by_account(remote_user="Shared@example.test", opens_by="impersonation"))
    assert answer.status_code == 302, answer.context["form"].errors
    mailbox = only_mailbox(fernhollow)
    assert (mailbox.remote_user, mailbox.connection.impersonates) == ("shared@example.test", True)
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.kind, mailbox.outgoing.username) == (OutgoingKind.EWS, "shared@example.test")
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert 'value="shared@example.test"' in page
    assert '<option value="impersonation" selected>' in page


@pytest.mark.req("S4.9")
@pytest.mark.parametrize(
    ("page", "named"), [("new/", ["EWS.AccessAsUser.All"]), ("new/microsoft-app/", ["Mail.Send", "full_access_as_app"])]
)
def test_each_service_names_the_permission_that_its_sending_needs(admin: Client, page: str, named: list[str]) -> None:
    form = admin.get(MAILBOXES + page).context["form"]
    hint = form.fields["sends" if "sends" in form.fields else "sends_itself"].help_text
    assert [permission for permission in named if permission in hint] == named


def test_saving_it_again_changes_nothing(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", by_account())
    before = only_mailbox(fernhollow)
    answer = admin.post(f"{MAILBOXES}{before.pk}/", by_account(password="", existing_mail="ignore"))
    assert answer.status_code == 302, answer.context["form"].errors
    after = only_mailbox(fernhollow)
    assert (after.outgoing_id, after.source_generation) == (before.outgoing_id, before.source_generation)


def test_what_belongs_to_exchange_is_nothing_to_other_protocols(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered(sends_itself="on", remote_user="x@example.test", opens_by="impersonation"))
    mailbox = only_mailbox(fernhollow)
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.kind, mailbox.remote_user) == (OutgoingKind.SMTP, "")
    assert not mailbox.connection.impersonates


def test_it_may_send_by_smtp_all_the_same(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", by_account(sends_itself=None, smtp_host="smtp.example.test"))
    mailbox = only_mailbox(fernhollow)
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.kind, mailbox.outgoing.host) == (OutgoingKind.SMTP, "smtp.example.test")
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert 'name="sends_itself"' in page
    assert 'name="sends_itself" checked' not in page.replace('id="id_sends_itself" ', "")


# An app registration.


@pytest.mark.req("S4.10", "S4.22", "S5.33", "S5.38", "S5.39")
def test_the_page_offers_the_second_choice_with_its_address_and_its_end(admin: Client) -> None:
    page = html.unescape(admin.get(NEW_APP).content.decode())
    for words in (
        "Microsoft Graph (recommended)",
        "Exchange Web Services (EWS, called MAPI elsewhere)",
        "Exchange Web Services are the second choice",
        "less secure",
        "from 1 October 2026 for organizations without an allow list, and for all on 1 April 2027",
        'value="EWS:outlook.office365.com/ews/Exchange.asmx"',
        "TLS (SSL), always",
        'name="port" value="443"',
    ):
        assert words in page, words
    assert 'name="password"' not in page


def test_the_form_of_accounts_leads_to_it(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    assert f'href="{NEW_APP}?protocol=ews"' in page
    assert '<option value="ews" selected>' in admin.get(f"{NEW_APP}?protocol=ews").content.decode()


@pytest.mark.req("S4.10", "S5.38", "S5.39")
def test_a_mailbox_is_saved_with_server_and_app(
    admin: Client, online: ExchangeOnline, fernhollow: Any, in_fernhollow: Any
) -> None:
    answer = admin.post(NEW_APP, by_app(online, is_real_time="on"))
    assert answer.status_code == 302, answer.context["form"].errors
    mailbox = only_mailbox(fernhollow)
    assert not mailbox.is_real_time
    connection = mailbox.connection
    assert (connection.kind, connection.host, connection.port, connection.security) == (
        "ews",
        "localhost",
        online.ews.port,
        "tls",
    )
    assert OAuthGrant.objects.get().scopes == [f"https://{online.ews.host}/.default"]
    address = f"{MAILBOXES}{mailbox.pk}/"
    page = admin.get(address).content.decode()
    assert "App registration" in page
    assert '<option value="ews" selected>' in page
    answer = admin.post(address, by_app(online, client_secret="", name="Other", existing_mail="ignore"))
    assert answer.status_code == 302, answer.context["form"].errors
    again = only_mailbox(fernhollow)
    assert (again.name, again.connection.kind, again.outgoing_id) == ("Other", "ews", mailbox.outgoing_id)


def test_from_one_service_to_the_other_the_app_stays(
    admin: Client, online: ExchangeOnline, fernhollow: Any, in_fernhollow: Any
) -> None:
    admin.post(NEW_APP, by_app(online))
    mailbox = only_mailbox(fernhollow)
    sealed = OAuthGrant.objects.get().client_secret_sealed
    values = by_app(online, client_secret="", protocol="graph", existing_mail="ignore")
    assert admin.post(f"{MAILBOXES}{mailbox.pk}/", values).status_code == 302
    again = only_mailbox(fernhollow)
    assert again.outgoing is not None
    assert (again.connection.kind, again.outgoing.kind) == ("graph", OutgoingKind.GRAPH)
    assert again.source_generation == mailbox.source_generation + 1
    grant = OAuthGrant.objects.get()
    assert (grant.client_secret_sealed, grant.scopes) == (sealed, ["https://graph.example/.default"])


def test_without_a_server_there_is_nothing_to_read(admin: Client, online: ExchangeOnline) -> None:
    answer = admin.post(NEW_APP, by_app(online, host=""))
    assert answer.status_code == 422
    assert "Enter the name of the Exchange server" in answer.content.decode()


@pytest.mark.req("S4.70", "S1.39")
@pytest.mark.parametrize("is_permitted", [True, False])
def test_the_test_runs_with_what_stands_in_the_form(
    admin: Client, online: ExchangeOnline, people: Any, is_permitted: bool
) -> None:
    if not is_permitted:
        online.entra.apps[online.client_id].roles.clear()
    run = admin.post(TEST, by_app(online)).context["run"]
    organization_id = people.admin.organization_id

    def is_done() -> bool:
        found = run_named(run.run_id, organization_id=organization_id)
        return found is not None and found.is_done

    wait_until(is_done, timeout_s=30, what="the test")
    ended = run_named(run.run_id, organization_id=organization_id)
    assert ended is not None
    assert (ended.failed.fact if ended.failed else "") == ("" if is_permitted else "mailbox.ews_permission")
    shown = html.unescape(admin.get(f"{TEST}{run.run_id}/").content.decode())
    assert online.secret not in shown
    assert ("which is a Delegated one" in shown) == (not is_permitted)


@pytest.mark.req("S5.40")
def test_more_addresses_are_parted_by_semicolons_or_lines(
    admin: Client, online: ExchangeOnline, in_fernhollow: Any
) -> None:
    more = f"sales@fernhollow.example; Bill@fernhollow.example\n{ADDRESS};\nsales@fernhollow.example"
    answer = admin.post(NEW_APP, by_app(online, more_addresses=more))
    assert answer.status_code == 302, answer.context["form"].errors
    assert finish(admin, Mailbox.objects.get().pk).status_code == 302
    boxes = Mailbox.objects.order_by("id").select_related("outgoing")
    assert [box.address for box in boxes] == [ADDRESS, "sales@fernhollow.example", "bill@fernhollow.example"]
    assert len({box.connection_id for box in boxes}) == 1
    assert [box.outgoing.username for box in boxes if box.outgoing] == [box.address for box in boxes]
