"""Microsoft Graph by somebody who signs in: from the form to mail that is read and sent, at the fakes."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import GrantState, Mailbox, OAuthGrant, OutgoingServer, RemoteMessage
from mailboxes.services.oauth.graph_configs import mailbox_config
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.drafts import finish_draft
from mailboxes.services.setup.mailboxes import resume_mailbox
from mailboxes.services.setup.testing import run_named
from tests.factories.outgoing import queue_mail
from tests.fakes.graph import READ, READ_WRITE, SEND, SHARED
from tests.mailboxes.account import mail
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.signing_in import CALLBACK, come_back, grant_of, mailbox_of, sign_in_page, way_there
from tests.servers.certificates import CertificateAuthority
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.django_db
OWN, SHARED_BOX, OTHER = "ann@fernhollow.example", "help@fernhollow.example", "bob@fernhollow.example"


@pytest.fixture
def microsoft(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[Microsoft]:
    """A tenant where ann has a mailbox and full access to a shared one, and our callback is registered."""
    settings.BASE_URL = "https://desk.example"
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.entra.apps[made.client_id].redirect_uris = [settings.BASE_URL + CALLBACK]
        made.entra.browser = OWN
        made.graph.mailbox(OWN)
        made.graph.mailbox(SHARED_BOX)
        made.graph.shared[SHARED_BOX] = {OWN}
        yield made


def add(admin: Client, microsoft: Microsoft, **changes: str) -> None:
    values = {"name": "Help", "address": OWN, "kind": "graph", "cloud": "global", "tenant": microsoft.tenant}
    app = {"client_id": microsoft.client_id, "client_secret": microsoft.secret}
    assert admin.post(f"{MAILBOXES}new/microsoft/", values | app | changes).status_code == 302


def sign_in(admin: Client, microsoft: Microsoft, organization: Any) -> None:
    page = sign_in_page(admin, organization)
    come_back(admin, microsoft.entra.signs_in(way_there(admin, page)))


def finished(organization: Any) -> None:
    """Its mailbox is set up, if it was not yet, and not started."""
    mailbox = mailbox_of(organization)
    if mailbox.is_draft:
        with organization_scope(organization.id):
            finish_draft(mailbox, starts=False)


def started(organization: Any) -> None:
    """Its mailbox takes the mail that comes from now on; what comes before is history."""
    finished(organization)
    mailbox = mailbox_of(organization)
    with organization_scope(organization.id):
        resume_mailbox(mailbox)


def read(organization: Any) -> list[bytes]:
    """What was taken in after a poll of the only mailbox."""
    mailbox = mailbox_of(organization)
    poll_now(mailbox.pk, is_processed=False, wait_s=5)
    with organization_scope(organization.id):
        rows = RemoteMessage.objects.select_related("raw").exclude(raw=None)
        return [files.read(row.raw.storage_key) for row in rows]


def sent_from(microsoft: Microsoft, organization: Any) -> list[str]:
    """Whose mailboxes mail has left from, after one more was queued."""
    with organization_scope(organization.id):
        mailbox = Mailbox.objects.select_related("outgoing__login_of").get()
        queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    return [mail.sender for mail in microsoft.graph.sent]


@pytest.mark.req("S3.8", "S4.16", "S4.29")
def test_a_mailbox_is_read_and_sent_from_by_its_owner_who_signed_in(
    admin: Client, microsoft: Microsoft, fernhollow: Any
) -> None:
    add(admin, microsoft)
    sign_in(admin, microsoft, fernhollow)
    grant, mailbox = grant_of(fernhollow), mailbox_of(fernhollow)
    host = microsoft.graph.host
    assert grant.scopes == [f"https://{host}/{name}" for name in (READ_WRITE, SEND, READ)] + ["offline_access"]
    assert (grant.state, grant.account, mailbox.remote_user) == (GrantState.ALIVE, OWN, "")
    assert (mailbox.connection.kind, mailbox.outgoing.kind, mailbox.sent_filing) == ("graph", "graph", False)
    assert OWN in admin.get(MAILBOXES).content.decode()
    started(fernhollow)
    microsoft.graph.mailbox(OWN).deliver(mail(1))
    assert read(fernhollow) == [mail(1)]
    assert sent_from(microsoft, fernhollow) == [OWN]
    assert {request.path.split("/")[2] for request in microsoft.graph.requests} == {"me"}


def test_graph_is_offered_first_at_microsoft_and_nowhere_else(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/microsoft/").content.decode()
    assert '<option value="graph" selected>' in page
    assert 'value="graph"' not in admin.get(f"{MAILBOXES}new/google/").content.decode()
    assert admin.post(f"{MAILBOXES}new/google/", {"kind": "graph"}).status_code == 422


@pytest.mark.req("F65", "S5.26")
def test_a_shared_mailbox_takes_the_permissions_of_shared_ones_alone(
    admin: Client, microsoft: Microsoft, fernhollow: Any
) -> None:
    add(admin, microsoft, address=SHARED_BOX, account=OWN)
    sign_in(admin, microsoft, fernhollow)
    grant, mailbox = grant_of(fernhollow), mailbox_of(fernhollow)
    wanted = [f"https://{microsoft.graph.host}/{name}{SHARED}" for name in (READ_WRITE, SEND)]
    assert (grant.scopes, mailbox.remote_user) == ([*wanted, "offline_access"], SHARED_BOX)
    started(fernhollow)
    microsoft.graph.mailbox(SHARED_BOX).deliver(mail(1))
    microsoft.graph.mailbox(OWN).deliver(mail(2))
    assert read(fernhollow) == [mail(1)]
    assert sent_from(microsoft, fernhollow) == [SHARED_BOX]


@pytest.mark.req("S4.67")
@pytest.mark.parametrize("missing", [SEND, "offline_access"])
def test_a_permission_that_was_not_given_is_named(
    admin: Client, microsoft: Microsoft, fernhollow: Any, missing: str
) -> None:
    microsoft.entra.apps[microsoft.client_id].withheld = {missing, f"https://{microsoft.graph.host}/{missing}"}
    add(admin, microsoft)
    sign_in(admin, microsoft, fernhollow)
    page = admin.get(sign_in_page(admin, fernhollow)).content.decode()
    assert f"a permission is missing: {missing}" in page
    assert grant_of(fernhollow).state == GrantState.UNUSED


@pytest.mark.req("S2.41")
def test_somebody_else_who_signs_in_is_refused(admin: Client, microsoft: Microsoft, fernhollow: Any) -> None:
    add(admin, microsoft)
    microsoft.entra.browser = OTHER
    sign_in(admin, microsoft, fernhollow)
    assert f"You signed in as {OTHER}" in admin.get(sign_in_page(admin, fernhollow)).content.decode()
    assert grant_of(fernhollow).state == GrantState.UNUSED


@pytest.mark.req("F59", "F64", "S5.41")
def test_signing_in_again_keeps_what_was_read_and_chosen(admin: Client, microsoft: Microsoft, fernhollow: Any) -> None:
    add(admin, microsoft)
    sign_in(admin, microsoft, fernhollow)
    box = microsoft.graph.mailbox(OWN)
    started(fernhollow)
    box.deliver(mail(1))
    assert read(fernhollow) == [mail(1)]
    before = mailbox_of(fernhollow)
    microsoft.entra.revoke_all()
    with organization_scope(fernhollow.id):
        OAuthGrant.objects.update(state=GrantState.DEAD, state_reason="grant_dead")
    sign_in(admin, microsoft, fernhollow)
    box.deliver(mail(2))
    assert read(fernhollow) == [mail(1), mail(2)]
    after = mailbox_of(fernhollow)
    assert (after.source_generation, after.epoch) == (before.source_generation, before.epoch)
    assert (after.outgoing_id, after.folder) == (before.outgoing_id, before.folder)


def test_another_account_for_the_same_mailbox_asks_for_the_permissions_of_shared_ones(
    admin: Client, microsoft: Microsoft, fernhollow: Any
) -> None:
    add(admin, microsoft)
    sign_in(admin, microsoft, fernhollow)
    page = sign_in_page(admin, fernhollow)
    app = {"client_id": microsoft.client_id, "client_secret": "", "tenant": microsoft.tenant, "cloud": "global"}
    assert admin.post(page, app | {"account": OTHER}).status_code == 302
    grant, mailbox = grant_of(fernhollow), mailbox_of(fernhollow)
    assert (grant.state, mailbox.remote_user, mailbox.outgoing.username) == (GrantState.UNUSED, OWN, OWN)
    assert f"https://{microsoft.graph.host}/{READ_WRITE}{SHARED}" in grant.scopes
    microsoft.graph.shared[OWN], microsoft.entra.browser = {OTHER}, OTHER
    sign_in(admin, microsoft, fernhollow)
    started(fernhollow)
    microsoft.graph.mailbox(OWN).deliver(mail(1))
    assert read(fernhollow) == [mail(1)]


def test_another_cloud_is_read_and_sent_at_its_own_hosts(admin: Client, microsoft: Microsoft, fernhollow: Any) -> None:
    add(admin, microsoft, kind="imap")
    generation = mailbox_of(fernhollow).source_generation
    changes = {"cloud": "us_gov", "client_id": microsoft.client_id, "client_secret": "x", "tenant": microsoft.tenant}
    admin.post(sign_in_page(admin, fernhollow), changes)
    mailbox = mailbox_of(fernhollow)
    assert (mailbox.connection.host, mailbox.outgoing.host) == ("outlook.office365.us", "smtp.office365.us")
    assert mailbox.source_generation > generation
    assert {scope.split("/")[2] for scope in grant_of(fernhollow).scopes[:2]} == {"outlook.office365.us"}


# The page of a mailbox that is there.


def edited(**changes: Any) -> dict[str, Any]:
    """The form as an admin fills it in."""
    values = {"kind": "graph", "name": "Help", "address": OWN, "folder": "INBOX", "sends": "on"}
    return values | {"after_import": "leave", "max_message_mb": 50} | changes


def test_its_page_changes_what_is_done_with_mail_and_leaves_the_access_alone(
    admin: Client, microsoft: Microsoft, fernhollow: Any
) -> None:
    add(admin, microsoft)
    sign_in(admin, microsoft, fernhollow)
    finished(fernhollow)
    page = f"{MAILBOXES}{mailbox_of(fernhollow).pk}/"
    shown = html.unescape(admin.get(page).content.decode())
    assert f"Signed in as {OWN}." in shown
    assert 'name="client_secret"' not in shown
    assert admin.post(page, edited(after_import="seen", from_name="Fernhollow")).status_code == 302
    mailbox, grant = mailbox_of(fernhollow), grant_of(fernhollow)
    assert (mailbox.after_import, mailbox.from_name, grant.state) == ("seen", "Fernhollow", GrantState.ALIVE)
    assert mailbox.outgoing is not None
    with organization_scope(fernhollow.id):
        assert "password" not in AuditEntry.objects.get(action="mailbox.changed").changes
        assert OutgoingServer.objects.count() == 1
    assert admin.post(page, edited(sends="")).status_code == 302
    assert mailbox_of(fernhollow).outgoing is None
    assert admin.post(page, edited()).status_code == 302
    assert mailbox_of(fernhollow).outgoing.username == OWN


def test_another_address_reads_the_same_mailbox(admin: Client, microsoft: Microsoft, fernhollow: Any) -> None:
    add(admin, microsoft)
    sign_in(admin, microsoft, fernhollow)
    finished(fernhollow)
    mailbox = mailbox_of(fernhollow)
    admin.post(f"{MAILBOXES}{mailbox.pk}/", edited(address="hello@fernhollow.example"))
    after = mailbox_of(fernhollow)
    with organization_scope(fernhollow.id):
        assert mailbox_config(after).user == OWN
        assert mailbox_config(after).is_own
    assert after.source_generation == mailbox.source_generation


@pytest.mark.req("S4.29")
@pytest.mark.django_db(transaction=True)  # the test runs in a thread, and asks for the tokens there
@pytest.mark.parametrize(
    ("happens", "said", "advice"),
    [
        (lambda microsoft: None, "A draft was made in the mailbox", ""),
        (lambda microsoft: microsoft.entra.revoke_all(), f"Microsoft gives no access for {OWN}", "Sign in again"),
        (
            lambda microsoft: microsoft.graph.shared.clear(),
            f"{OWN} may not open the mailbox of {SHARED_BOX}",
            f"Give {OWN} the permission Read and manage",
        ),
    ],
)
def test_the_staged_test_probes_and_says_what_whoever_signed_in_lacks(
    admin: Client, microsoft: Microsoft, fernhollow: Any, happens: Any, said: str, advice: str
) -> None:
    microsoft.entra.life_s = 1
    add(admin, microsoft, address=SHARED_BOX, account=OWN)
    sign_in(admin, microsoft, fernhollow)
    happens(microsoft)
    mailbox = str(mailbox_of(fernhollow).pk)
    started = admin.post(f"{MAILBOXES}test/", edited(address=SHARED_BOX, mailbox=mailbox))
    run_id = started.context["run"].run_id

    def is_done() -> bool:
        run = run_named(run_id, organization_id=fernhollow.id)
        return run is not None and run.is_done

    wait_until(is_done, timeout_s=30)
    page = html.unescape(admin.get(f"{MAILBOXES}test/{run_id}/").content.decode())
    assert said in page
    assert advice in page


@pytest.mark.parametrize("cloud", sorted(CLOUDS))
@pytest.mark.parametrize("kind", ["graph", "imap", "pop3"])
@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.req("S5.83", "S4.66")
def test_no_request_asks_for_scopes_of_two_services(cloud: str, kind: Any, is_shared: bool) -> None:
    from mailboxes.connectors.oauth.microsoft import resources_of
    from mailboxes.services.oauth.grant_inputs import scopes_of

    scopes = scopes_of("microsoft", kind=kind, cloud=cloud, is_shared=is_shared)  # type: ignore[arg-type]  # choices
    assert len(resources_of(scopes, cloud=CLOUDS[cloud])) == 1
