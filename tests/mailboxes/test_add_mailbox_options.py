"""`add_mailbox` takes what the forms in the browser take, and says in one line what does not go together."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError

from helpdesk.accounts.models import Company, Organization, Team
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OAuthGrant, OutgoingKind, OutgoingServer, Proxy
from tests.factories.mailboxes import PASSWORD
from tests.mailboxes.test_mailbox_commands import added, run

pytestmark = [pytest.mark.django_db, pytest.mark.both]
BASE = ["--organization=fernhollow", "--name=Help", "--address=help@fernhollow.example"]
EWS = ["--ews-host=EWS:mail.fernhollow.example/ews/Exchange.asmx"]
ACCOUNT = ["--username=FERN\\ann", "--password-env=MAIL_PASSWORD"]
APP = ["--tenant=Fernhollow.example", "--client-id=b1f0d7c8-22aa-4c35-8f63-5e90a1c7d6f2", "--client-secret-env=SECRET"]
SALES = "sales@fernhollow.example"


@pytest.fixture(autouse=True)
def surroundings(fernhollow: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in the environment; no server is reached."""
    settings.MAIL_ALLOWED_NETWORKS, settings.MAIL_CONNECT_TIMEOUT_S = (), 1
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    monkeypatch.setenv("SECRET", "abc8Q~the-value-of-the-secret")
    monkeypatch.setattr("mailboxes.management.commands.add_mailbox.note_existing", lambda _mailbox: None)


@pytest.mark.req("S4.22", "S4.9")
def test_an_account_at_exchange_opens_another_mailbox_by_impersonation_and_sends_from_it(fernhollow: Any) -> None:
    mailbox = added(
        fernhollow,
        run("add_mailbox", *BASE, *EWS, *ACCOUNT, "--impersonate", "--sends-itself", f"--remote-user={SALES}")["id"],
    )
    connection = mailbox.connection
    assert (connection.kind, connection.host, connection.impersonates) == ("ews", "mail.fernhollow.example", True)
    assert mailbox.outgoing is not None
    assert (mailbox.remote_user, mailbox.outgoing.kind, mailbox.outgoing.username) == (SALES, OutgoingKind.EWS, SALES)


@pytest.mark.req("S5.40")
@pytest.mark.parametrize(("place", "kind"), [(EWS, "ews"), (["--graph"], "graph")])
def test_an_app_opens_several_mailboxes_through_either_service(fernhollow: Any, place: list[str], kind: str) -> None:
    ends = "--client-secret-ends=2027-05-01"
    made = run("add_mailbox", *BASE, *place, *APP, ends, "--sends-itself", f"--more={SALES}", "--more=nobody")
    mailbox = added(fernhollow, made["id"])
    assert (mailbox.connection.kind, mailbox.outgoing.kind if mailbox.outgoing else "") == (kind, kind)
    assert added(fernhollow, made["more"][0]).address == SALES
    assert list(made["refused"]) == ["nobody"]
    with organization_scope(fernhollow.id):
        grant = OAuthGrant.objects.get(connection=mailbox.connection)
    assert (grant.tenant, str(grant.client_secret_ends_on)) == ("fernhollow.example", "2027-05-01")


@pytest.mark.req("S4.34")
def test_a_company_is_named_where_several_are_served(fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        bakery = Company.objects.create(name="Bakery")
    with pytest.raises(CommandError, match="--company: none called 'Bakery' can be given"):
        run("add_mailbox", *BASE, "--push", "--company=Bakery")
    Organization.objects.filter(pk=fernhollow.pk).update(serves_companies=True)
    made = run("add_mailbox", *BASE, "--push", "--company=Bakery")
    assert added(fernhollow, made["id"]).company_id == bakery.pk


@pytest.mark.req("S4.25", "S4.28", "S4.23")
def test_servers_proxies_and_teams_are_named(fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        OutgoingServer.objects.create(name="Relay", host="relay.example")
        Proxy.objects.create(name="Way out", host="proxy.example")
        Team.objects.create(name="Repairs")
    named = ["--outgoing=Relay", "--proxy=Way out", "--team=Repairs", "--priority=high", "--alias=shop@example.test"]
    more = ["--max-message-mb=7", "--plus-addresses", "--subject-token", "--charset=cp1252", "--from-name=Fernhollow"]
    imap = ["--imap-host=imap.example.test", *ACCOUNT]
    with organization_scope(fernhollow.id):
        mailbox = Mailbox.objects.select_related("outgoing", "team", "connection__proxy").get(
            id=run("add_mailbox", *BASE, *imap, *named, *more)["id"]
        )
        assert (str(mailbox.outgoing), str(mailbox.team), mailbox.connection.proxy.name) == (
            "Relay",
            "Repairs",
            "Way out",
        )
    assert (mailbox.ticket_priority, mailbox.aliases, mailbox.from_name) == (
        "high",
        ["shop@example.test"],
        "Fernhollow",
    )
    assert (mailbox.max_message_bytes, mailbox.default_charset) == (7 << 20, "cp1252")
    assert mailbox.has_plus_addresses
    assert mailbox.has_subject_token


def test_a_server_for_sending_may_have_an_account_of_its_own(fernhollow: Any) -> None:
    smtp = ["--smtp-host=smtp.example.test", "--smtp-username=out", "--smtp-password-env=SECRET"]
    mailbox = added(fernhollow, run("add_mailbox", *BASE, "--imap-host=imap.example.test", *ACCOUNT, *smtp)["id"])
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.username, mailbox.outgoing.login_of) == ("out", None)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (["--imap-host=x", *ACCOUNT, "--impersonate"], "--impersonate goes with --ews-host alone."),
        (["--pop3-host=x", *ACCOUNT, "--real-time"], "--real-time goes with --imap-host and --graph alone."),
        (["--imap-host=x", *ACCOUNT, "--sends-itself"], "--sends-itself goes with --ews-host and --graph alone."),
        (["--imap-host=x", *APP], "An app registration reads with --ews-host and --graph alone."),
        (["--graph", *APP[:2]], "--client-secret-env is missing: the app registered at Microsoft."),
        (
            ["--graph", *APP, *ACCOUNT],
            "--username goes with an account and its password, not with an app",
        ),
        ([*EWS, *APP, "--client-secret-env=UNSET"], "The environment variable UNSET is empty or not set."),
        (["--imap-host=x", *ACCOUNT, "--outgoing=None"], "--outgoing: the organization has none called 'None'."),
        (
            ["--push", "--proxy=x"],
            "--proxy goes with a server that is read. With --push, ",
        ),
    ],
)
def test_what_does_not_go_together_is_one_clear_line(said: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        run("add_mailbox", *BASE, *said)
    assert str(refused.value).startswith(sentence)
