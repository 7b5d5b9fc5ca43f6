"""Signing in with Microsoft for Exchange Web Services: from the form to a mail that was read and one that left."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.results import Stage, State
from mailboxes.forms.kinds import form_for
from mailboxes.models import GrantState, Health, Mailbox, OAuthGrant, OutgoingKind, RemoteMessage
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup import testing
from mailboxes.services.setup.drafts import finish_draft
from mailboxes.services.setup.form_config import plan_of
from tests.factories.outgoing import queue_mail
from tests.fakes.ews import AS_USER
from tests.mailboxes.account import mail
from tests.mailboxes.ews import ExchangeOnline, exchange_online
from tests.mailboxes.pages.entering import MAILBOXES
from tests.servers.certificates import CertificateAuthority

pytestmark = pytest.mark.django_db
CALLBACK = "https://desk.example/oauth/callback/"
NEW = f"{MAILBOXES}new/microsoft/"
ANN, SHARED = "ann@fernhollow.example", "shared@fernhollow.example"


@pytest.fixture
def online(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[ExchangeOnline]:
    """Ann's mailbox and a shared one, and the app that she signs in to."""
    settings.BASE_URL = "https://desk.example"
    monkeypatch.setattr(testing, "_run", lambda *_run: None)  # a thread beside the test's own transaction
    with exchange_online(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.entra.apps[made.client_id].redirect_uris = [CALLBACK]
        made.entra.browser = ANN
        for address in (ANN, SHARED):
            made.ews.mailbox(address)
        yield made


def signed_in(admin: Client, online: ExchangeOnline, organization: Any, **changes: str) -> Mailbox:
    """The mailbox after the form was sent and Ann came back."""
    values = {
        "name": "Help",
        "address": ANN,
        "kind": "ews",
        "client_id": online.client_id,
        "client_secret": online.secret,
        "tenant": online.tenant,
        "cloud": "global",
    }
    page = admin.post(NEW, values | changes)["Location"]
    found = re.search(r'href="([^"]+)"[^>]*id="to-provider"', admin.get(page).content.decode())
    assert found is not None
    admin.get(online.entra.signs_in(html.unescape(found[1])).removeprefix("https://desk.example"))
    with organization_scope(organization.id):
        mailbox: Mailbox = Mailbox.objects.select_related("connection", "outgoing__login_of").get()
        return mailbox


@pytest.mark.req("S4.10", "S5.33")
def test_the_form_offers_it_with_its_end(admin: Client) -> None:
    page = html.unescape(admin.get(f"{NEW}?kind=ews").content.decode())
    assert '<option value="ews" selected>Exchange Web Services (until 1 April 2027)</option>' in page
    assert "from 1 October 2026 for organizations without an allow list, and for all on 1 April 2027" in page
    assert 'value="ews"' not in admin.get(f"{MAILBOXES}new/google/").content.decode()


@pytest.mark.parametrize(("address", "account"), [(ANN, ""), (SHARED, ANN)])
def test_somebody_signs_in_and_a_mailbox_they_may_open_is_read_and_sent_from(
    admin: Client, online: ExchangeOnline, fernhollow: Any, address: str, account: str
) -> None:
    online.ews.rights[ANN] = {ANN, SHARED}
    mailbox = signed_in(admin, online, fernhollow, address=address, account=account)
    with organization_scope(fernhollow.id):
        grant = OAuthGrant.objects.get()
        assert (grant.state, grant.scopes) == (
            GrantState.ALIVE,
            [f"https://{online.ews.host}/{AS_USER}", "offline_access"],
        )
        assert mailbox.outgoing is not None
        assert (mailbox.connection.kind, mailbox.outgoing.kind) == ("ews", OutgoingKind.EWS)
        assert not mailbox.sent_filing
        finish_draft(mailbox, starts=True)
    online.ews.mailbox(address).deliver(mail(1))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        [sighting] = RemoteMessage.objects.select_related("raw")
        assert sighting.raw is not None
        assert files.read(sighting.raw.storage_key) == mail(1)
        queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    assert [sent.sender for sent in online.ews.sent] == [address]


def test_a_shared_mailbox_that_they_may_not_open_is_said_to_be(
    admin: Client, online: ExchangeOnline, fernhollow: Any
) -> None:
    mailbox = signed_in(admin, online, fernhollow, address=SHARED, account=ANN)
    with organization_scope(fernhollow.id):
        finish_draft(mailbox, starts=True)
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        mailbox = Mailbox.objects.get()
        assert (mailbox.health, mailbox.error_reason) == (Health.UNREACHABLE, "permission_missing")


def test_its_page_tests_with_the_tokens_and_keeps_whose_mailbox_it_is(
    admin: Client, online: ExchangeOnline, fernhollow: Any
) -> None:
    online.ews.rights[ANN] = {SHARED}
    mailbox = signed_in(admin, online, fernhollow, address=SHARED, account=ANN)
    with organization_scope(fernhollow.id):
        empty = form_for(None, mailbox=mailbox)
        stored = {bound.html_name: bound.value() for bound in empty}
        form = form_for({name: value for name, value in stored.items() if value not in (None, False)}, mailbox=mailbox)
        assert form.is_valid(), form.errors
        entered = form.to_input(is_enabled=False)
        assert (entered.remote_user, entered.sends_itself) == (SHARED, True)
        plan = plan_of(entered, mailbox=mailbox)
    results = {result.stage: result.state for result in run_connection_test(plan)}
    assert {stage: results[stage] for stage in (Stage.TOKEN, Stage.MAILBOX, Stage.SEND)} == {
        Stage.TOKEN: State.OK,
        Stage.MAILBOX: State.OK,
        Stage.SEND: State.OK,
    }
