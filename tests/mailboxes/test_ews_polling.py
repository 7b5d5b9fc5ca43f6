"""Polling a mailbox of an Exchange server from its fake into ledger and storage: what only this kind has."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.check_lists import check_list
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.results import Stage, State
from mailboxes.models import Connection, Flow, Mailbox, OAuthGrant, Provider
from mailboxes.services.setup.form_config import plan_of
from tests.factories.mailboxes import mailbox_input
from tests.factories.people import make_organization
from tests.fakes.ews import PASSWORD
from tests.mailboxes.account import mail
from tests.mailboxes.ews import USER, EwsAccount

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def account(ews_account: EwsAccount) -> EwsAccount:
    """An empty mailbox at the fake."""
    return ews_account


@pytest.mark.req("F55")
def test_a_mail_moved_away_and_back_is_known_by_its_bytes(account: EwsAccount) -> None:
    account.connect()
    account.put(1)
    account.poll()
    [item] = account.box.items
    account.box.move(item, account.box.well_known["archive"])
    account.poll()
    account.box.move(item, account.box.well_known["inbox"])
    account.poll()
    first, again = account.sightings()
    assert (account.raw_count(), again.outcome, again.resighting_of_id) == (1, "duplicate", first.id)


def test_appointments_and_contacts_are_in_the_log_and_not_in_storage(account: EwsAccount) -> None:
    account.connect()
    account.put(1, odata_type="event")
    account.put(2, odata_type="contact")
    account.put(3)
    account.poll()
    assert [(row.reason_code, row.reason_data.get("kind")) for row in account.sightings()] == [
        ("not_mail", "meeting"),
        ("not_mail", "entry"),
        ("", None),
    ]
    assert account.stored() == [mail(3)]


def test_two_organizations_at_one_server_get_their_own_mail(account: EwsAccount) -> None:
    other = EwsAccount(account.ews, make_organization("wildbrook"), user="desk@wildbrook.test")
    for number, one in enumerate((account, other), start=1):
        one.connect()
        one.put(number)
    for one in (account, other, account, other):
        one.poll()
    assert (account.stored(), other.stored()) == ([mail(1)], [mail(2)])


# Who signs in, and whose mailbox is read.


@pytest.mark.req("S5.12")
@pytest.mark.parametrize("username", ["FERN\\ann\\help", "ann@fernhollow.test\\help", "FERN\\ann\\" + USER])
def test_a_shared_mailbox_is_read_by_who_may_open_it(account: EwsAccount, username: str) -> None:
    signs_in = username.rpartition("\\")[0]
    account.ews.users[signs_in] = PASSWORD
    account.ews.rights[signs_in] = {USER}
    account.connect(username=username)
    account.put(1)
    account.poll()
    assert account.stored() == [mail(1)]
    assert set(account.ews.signed_in) == {signs_in}


@pytest.mark.parametrize(
    ("username", "signs_in"), [("FERN\\ann", "FERN\\ann"), ("ann@fernhollow.test", "ann@fernhollow.test"), ("a", "a")]
)
def test_a_plain_user_name_is_sent_as_it_is(account: EwsAccount, username: str, signs_in: str) -> None:
    account.connect(username=username)
    config = account.config()
    assert (config.login.username, config.user, config.impersonates) == (signs_in, USER, False)


def test_an_app_impersonates_and_a_person_does_not(account: EwsAccount) -> None:
    connection_id = account.connect().connection_id
    for flow, impersonates in ((Flow.APP, True), (Flow.USER, False)):
        with organization_scope(account.organization.id):
            connection = Connection.objects.get(id=connection_id)
            OAuthGrant.objects.filter(connection=connection).delete()
            OAuthGrant.objects.create(connection=connection, provider=Provider.MICROSOFT, flow=flow)
        config = account.config()
        assert (config.impersonates, config.login.password) == (impersonates, "")
        assert config.login.tokens is not None


@pytest.mark.req("S1.39")
def test_what_stands_in_the_form_is_tested_as_it_would_be_polled(account: EwsAccount) -> None:
    account.ews.users["FERN\\ann"] = PASSWORD
    account.ews.rights["FERN\\ann"] = {USER}
    entered = mailbox_input(incoming=account.entered(username="FERN\\ann\\support"), address=USER)
    with organization_scope(account.organization.id):
        plan = plan_of(entered, mailbox=None)
    results = {result.stage: result.state for result in run_connection_test(plan)}
    assert (results[Stage.SIGN_IN], results[Stage.READ]) == (State.OK, State.OK)


def test_a_mailbox_is_added_from_a_shell(account: EwsAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOX_PASSWORD", PASSWORD)
    account.put(1, at=clock.now() - timedelta(days=1))
    call_command(
        "add_mailbox",
        "--organization=fernhollow",
        "--name=Support",
        f"--address={USER}",
        "--ews-host=localhost",
        f"--ews-port={account.ews.port}",
        f"--username={USER}",
        "--password-env=MAILBOX_PASSWORD",
        stdout=StringIO(),
    )
    with organization_scope(account.organization.id):
        mailbox = Mailbox.objects.select_related("connection").get()
    account.mailbox_id = mailbox.id
    account.put(2)
    account.poll()
    assert (mailbox.connection.kind, mailbox.connection.security) == ("ews", "tls")
    assert account.stored() == [mail(2)]


def test_what_to_check_speaks_of_exchange(account: EwsAccount) -> None:
    account.connect()
    with organization_scope(account.organization.id):
        sentences = [str(check.sentence) for check in check_list(Mailbox.objects.get(id=account.mailbox_id))]
    assert any("Exchange Web Services" in sentence for sentence in sentences)
