"""The pages of a mailbox of Microsoft 365 by an app registration, against the fakes of Entra and Graph."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.secrets import open_for
from mailboxes.models import Mailbox, OAuthGrant
from mailboxes.services.reading.sessions import CALLS_TO_GRAPH, visiting_place
from mailboxes.services.setup import testing
from mailboxes.services.setup.testing import run_named
from tests.factories.mailboxes import make_mailbox
from tests.mailboxes.account import mail
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.mailboxes.pages.entering import finish
from tests.mailboxes.pages.words import missing, read_words
from tests.servers.certificates import CertificateAuthority
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ADDRESS = "support@fernhollow.example"
NEW = "/o/fernhollow/mailboxes/new/microsoft-app/"
TEST = "/o/fernhollow/mailboxes/test/"


@pytest.fixture
def microsoft(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[Microsoft]:
    """A tenant with an app, and a mailbox with one mail."""
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.graph.mailbox(ADDRESS).deliver(mail(1))
        yield made


def entered(microsoft: Microsoft, **changes: Any) -> dict[str, Any]:
    """The form as an admin fills it in."""
    values = {
        "kind": "graph",
        "name": "Support",
        "address": ADDRESS,
        "tenant": microsoft.tenant,
        "client_id": microsoft.client_id,
        "client_secret": microsoft.secret,
        "cloud": "global",
        "folder": "Inbox",
        "sends": "on",
        "after_import": "leave",
        "max_message_mb": 50,
    }
    return values | changes


def connected(admin: Client, microsoft: Microsoft, **changes: Any) -> Mailbox:
    """The mailbox as saved."""
    response = admin.post(NEW, entered(microsoft, **changes))
    assert response.status_code == 302, response.context["form"].errors
    found: Mailbox = Mailbox.objects.get(address=ADDRESS)
    return found


@pytest.mark.req("S1.22", "S1.27", "S1.36", "S1.37")
def test_the_page_shows_all_permissions_and_which_two_suffice(admin: Client) -> None:
    page = admin.get(NEW).content.decode()
    graph = page.partition('id="permissions-graph"')[2].partition("</section>")[0]
    for name in (
        *("Mail.Read<", "Mail.ReadBasic<", "Mail.ReadBasic.All<", "Mail.ReadWrite<", "Mail.Send<"),
        "MailboxFolder.ReadWrite.All<",
    ):
        assert name in graph
    assert (graph.count(">Needed</span>"), graph.count(">Optional</span>")) == (2, 4)
    for words in (
        "admin.microsoft.com",
        "start date, asked for next, matters most",
        "No password of a mailbox is stored",
        "Conditional Access",
    ):
        assert words in page, words


@pytest.mark.req("S1.19", "S1.20", "S1.21", "S1.22", "S1.23", "S1.24", "S1.25")
def test_a_mailbox_is_saved_with_its_app_and_waits_for_the_choice_of_old_mail(
    admin: Client, microsoft: Microsoft, in_fernhollow: Any
) -> None:
    mailbox = connected(admin, microsoft, secret_ends_on="2027-05-01")
    grant = OAuthGrant.objects.get()
    assert (mailbox.connection.kind, mailbox.folder, mailbox.is_enabled) == ("graph", "INBOX", False)
    assert (grant.tenant, grant.client_id, str(grant.client_secret_ends_on)) == (
        microsoft.tenant,
        microsoft.client_id,
        "2027-05-01",
    )
    assert open_for(grant, "client_secret_sealed") == microsoft.secret
    assert AuditEntry.objects.filter(action="mailbox.added").exists()


@pytest.mark.req("S1.31")
def test_a_pasted_secret_id_is_recognised_and_nothing_is_asked_of_microsoft(
    admin: Client, microsoft: Microsoft
) -> None:
    values = entered(microsoft, client_secret="3f0a9d52-71c4-4b8e-a6de-9b1e4f7c2d10")
    for address in (NEW, TEST):
        response = admin.post(address, values)
        assert response.status_code == 422
        assert "looks like the secret ID" in response.content.decode()
    assert microsoft.entra.requests == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tenant": "common"}, "A tenant ID looks like"),
        ({"tenant": "https://evil.example/x"}, "A tenant ID looks like"),
        ({"client_id": "my app"}, "A client ID looks like"),
        ({"client_secret": ""}, "Enter the value of the client secret"),
        ({"folder": ""}, "usually INBOX"),
        ({"cloud": "moon"}, "moon is not one of the available choices"),
        ({"more_addresses": "sales@fernhollow.example\nnobody"}, "This is not a mail address: nobody"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    admin: Client, microsoft: Microsoft, changes: dict[str, str], words: str
) -> None:
    response = admin.post(NEW, entered(microsoft, **changes))
    assert response.status_code == 422
    assert words in response.content.decode()


def test_the_stored_secret_is_never_shown_and_stays_when_the_field_is_empty(
    admin: Client, microsoft: Microsoft, in_fernhollow: Any
) -> None:
    mailbox = connected(admin, microsoft)
    address = f"/o/fernhollow/mailboxes/{mailbox.pk}/"
    page = admin.get(address).content.decode()
    assert microsoft.secret not in page
    assert microsoft.client_id in page
    assert "Secret saved" in page
    response = admin.post(address, entered(microsoft, client_secret="", name="Other"))
    assert response.status_code == 302
    assert open_for(OAuthGrant.objects.get(), "client_secret_sealed") == microsoft.secret


def test_another_app_asks_for_its_secret(admin: Client, microsoft: Microsoft, in_fernhollow: Any) -> None:
    mailbox = connected(admin, microsoft)
    other = entered(microsoft, client_secret="", client_id="c1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2")
    for address in (f"/o/fernhollow/mailboxes/{mailbox.pk}/", TEST):
        response = admin.post(address, other | {"mailbox": mailbox.pk})
        assert response.status_code == 422
        assert "enter the secret again" in response.content.decode()


def test_more_addresses_become_mailboxes_of_the_same_app(
    admin: Client, microsoft: Microsoft, in_fernhollow: Any
) -> None:
    mailbox = connected(
        admin, microsoft, more_addresses=f"sales@fernhollow.example\n{ADDRESS}\nbill@fernhollow.example"
    )
    assert [box.name for box in Mailbox.objects.all()] == ["Support"]
    shown = admin.get(f"/o/fernhollow/mailboxes/{mailbox.pk}/").content.decode()
    assert "sales@fernhollow.example\nbill@fernhollow.example</textarea>" in shown
    finish(admin, mailbox.pk, existing_mail="closed")
    boxes = Mailbox.objects.order_by("id")
    assert [(box.name, box.existing_mail) for box in boxes] == [
        ("Support", "closed"),
        ("sales", "ignore"),
        ("bill", "ignore"),
    ]
    assert {box.connection_id for box in boxes} == {mailbox.connection_id}
    assert [(box.is_enabled, box.is_draft, box.folder) for box in boxes] == [(True, False, "INBOX")] * 3


@pytest.mark.req("S5.40")
def test_one_of_more_addresses_that_is_taken_meanwhile_is_said_and_stops_no_other(
    admin: Client, microsoft: Microsoft, in_fernhollow: Any, people: Any
) -> None:
    mailbox = connected(admin, microsoft, more_addresses="sales@fernhollow.example;bill@fernhollow.example")
    make_mailbox(people.admin.organization, address="sales@fernhollow.example")
    shown = html.unescape(admin.get(finish(admin, mailbox.pk)["Location"]).content.decode())
    assert "<bdi>sales@fernhollow.example</bdi></b> was not connected. There is a mailbox with this address" in shown
    joined = Mailbox.objects.filter(connection=mailbox.connection).order_by("id")
    assert [(box.name, box.is_draft) for box in joined] == [("Support", False), ("bill", False)]


@pytest.mark.req("S5.40")
def test_addresses_are_added_to_an_app_that_is_there(admin: Client, microsoft: Microsoft, in_fernhollow: Any) -> None:
    mailbox = connected(admin, microsoft)
    finish(admin, mailbox.pk)
    values = entered(microsoft, client_secret="", more_addresses="sales@fernhollow.example", existing_mail="ignore")
    answer = admin.post(f"/o/fernhollow/mailboxes/{mailbox.pk}/", values)
    assert answer["Location"] == f"/o/fernhollow/mailboxes/{mailbox.pk}/together/"
    sales = Mailbox.objects.get(address="sales@fernhollow.example")
    assert (sales.connection_id, sales.is_enabled) == (mailbox.connection_id, True)
    assert OAuthGrant.objects.count() == 1


@pytest.mark.req("S1.28", "S3.13")
def test_the_link_for_the_consent_names_the_app_and_its_tenant(admin: Client, microsoft: Microsoft) -> None:
    consent = f"{NEW}consent/"
    values = {"tenant": microsoft.tenant, "client_id": microsoft.client_id, "cloud": "global"}
    expected = f"https://{microsoft.entra.host}/{microsoft.tenant}/adminconsent?client_id={microsoft.client_id}"
    assert expected in admin.post(consent, values).content.decode()
    page = read_words(admin.post(consent, values))
    assert not missing(
        page,
        "Send this to your administrator",
        "Mail.ReadWrite and Mail.Send",
        f"choose Accept: {expected}",
        "confined to chosen mailboxes with RBAC for Applications",
        "one application permission of Office 365 Exchange Online, full_access_as_app",
    )
    for incomplete in ({"tenant": "common"}, {"client_id": "<script>"}):
        assert "adminconsent" not in admin.post(consent, values | incomplete).content.decode()


@pytest.mark.parametrize("is_busy", [True, False])
def test_a_test_of_a_mailbox_that_is_read_is_one_of_its_four_calls(
    admin: Client, microsoft: Microsoft, in_fernhollow: Any, monkeypatch: pytest.MonkeyPatch, is_busy: bool
) -> None:
    mailbox = connected(admin, microsoft)
    Mailbox.objects.filter(pk=mailbox.pk).update(is_draft=False)
    monkeypatch.setattr(testing, "WAIT_S", 0.5)
    with ExitStack() as others:
        if is_busy:
            for _ in range(CALLS_TO_GRAPH):
                assert others.enter_context(visiting_place(mailbox, timeout_s=60))
        run = admin.post(TEST, entered(microsoft, mailbox=mailbox.pk)).context["run"]

        def ended() -> testing.ConnectionRun | None:
            found = run_named(run.run_id, organization_id=mailbox.organization_id)
            return found if found is not None and found.is_done else None

        wait_until(ended, timeout_s=30, what="the test")
    known = ended()
    assert known is not None
    assert bool(known.results) is not is_busy
    with ExitStack() as others:  # the place is free again
        assert all(others.enter_context(visiting_place(mailbox, timeout_s=60)) for _ in range(CALLS_TO_GRAPH))


@pytest.mark.req("S1.39", "S4.67")
@pytest.mark.parametrize(("secret", "fact"), [("wrong-value", "token.secret"), ("abc8Q~the-value-of-the-secret", "")])
def test_the_test_runs_with_what_stands_in_the_form(
    admin: Client, microsoft: Microsoft, people: Any, secret: str, fact: str
) -> None:
    response = admin.post(TEST, entered(microsoft, client_secret=secret))
    run = response.context["run"]
    organization_id = people.admin.organization_id

    def is_done() -> bool:
        found = run_named(run.run_id, organization_id=organization_id)
        return found is not None and found.is_done

    wait_until(is_done, timeout_s=30, what="the test")
    ended = run_named(run.run_id, organization_id=organization_id)
    assert ended is not None
    assert (ended.failed.fact if ended.failed else "") == fact
    shown = admin.get(f"{TEST}{run.run_id}/").content.decode()
    assert secret not in shown
    assert ("Paste the secret&#x27;s value" in shown) == bool(fact)
    assert ("only a test mail shows" in shown) == (not fact)
