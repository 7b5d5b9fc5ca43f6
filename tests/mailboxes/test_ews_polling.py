"""Polling a mailbox of an Exchange server from its fake into ledger and storage, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.check_lists import check_list
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.results import Stage, State
from mailboxes.models import Connection, Flow, Health, Mailbox, OAuthGrant, Provider
from mailboxes.services.setup.form_config import plan_of
from tests.connectors.ews_worlds import ENDPOINT, busy
from tests.factories.mailboxes import mailbox_input
from tests.factories.people import make_organization
from tests.fakes.ews import PASSWORD
from tests.fakes.https import Answer, Fault
from tests.mailboxes.account import mail
from tests.mailboxes.ews import USER, EwsAccount, exchange_server
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def account(
    certificate_authority: CertificateAuthority, settings: Any, tmp_path: Any, fernhollow: Any
) -> Iterator[EwsAccount]:
    """The fake with an empty mailbox, which the operator lets us reach."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with exchange_server(certificate_authority, settings=settings) as ews:
        yield EwsAccount(ews, fernhollow)


def test_mail_is_stored_once_however_often_it_is_listed(account: EwsAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.put(3)
    for _ in range(3):
        account.poll()
    assert account.stored() == [mail(1), mail(2), mail(3)]


def test_mail_from_before_the_mailbox_was_connected_is_left_alone(account: EwsAccount) -> None:
    account.put(1, at=clock.now() - timedelta(days=2))
    account.connect()
    account.put(2)
    account.poll()
    assert account.stored() == [mail(2)]


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


def test_a_folder_made_anew_brings_no_mail_a_second_time(account: EwsAccount) -> None:
    account.connect()
    account.put(1, 2)
    account.poll()
    account.box.make_anew(account.box.well_known["inbox"])
    account.put(3)
    account.poll()
    assert account.raw_count() == 3
    assert [row.outcome for row in account.sightings()][2:] == ["duplicate", "duplicate", "pending"]


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


def test_a_mail_above_the_limit_comes_with_its_headers_alone(account: EwsAccount) -> None:
    account.connect(max_message_bytes=2000)
    account.box.deliver(mail(1, body="x" * 5000))
    account.put(2)
    account.poll()
    large, small = account.sightings()
    assert large.raw is not None
    assert large.raw.is_header_only
    assert b"Subject: Mail 1" in files.read(large.raw.storage_key)
    assert small.raw is not None
    assert files.read(small.raw.storage_key) == mail(2)


@pytest.mark.parametrize("after_import", ["seen", "move", "delete"])
def test_what_is_done_after_the_import_is_done_once_our_copy_is_safe(account: EwsAccount, after_import: str) -> None:
    account.box.make("Done")
    account.connect(after_import=after_import, after_import_folder="Done" if after_import == "move" else "")
    account.put(1)
    account.poll()
    account.poll()
    [item] = account.box.items
    folder = {"seen": "Posteingang", "move": "Done", "delete": "Gelöschte Elemente"}[after_import]
    assert (item.folder.name, item.is_read) == (folder, after_import == "seen")
    assert account.stored() == [mail(1)]


class Death(BaseException):
    """A worker ends where it stands."""


@pytest.mark.req("F33")
@pytest.mark.parametrize(
    "point",
    [
        "poll.opened",
        "poll.sighted",
        "poll.listed",
        "poll.counted",
        "poll.fetched",
        "poll.files_durable",
        "poll.after_store",
        "poll.before_acknowledge",
        "poll.after_acknowledge",
        "poll.before_success",
    ],
)
def test_a_poll_that_dies_anywhere_loses_and_doubles_nothing(
    account: EwsAccount, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Death

    account.box.make("Done")
    account.connect(after_import="move", after_import_folder="Done")
    account.put(1, 2, 3)
    with monkeypatch.context() as patched, pytest.raises(Death):
        patched.setattr(faults, "point", die)
        account.poll()
    for _ in range(2):
        WorkItem.objects.update(leased_until=None, due_at=clock.now())
        account.poll()
    assert account.raw_count() == 3
    assert sorted(account.stored()) == [mail(1), mail(2), mail(3)]
    assert {item.folder.name for item in account.box.items} == {"Done"}


@pytest.mark.parametrize(
    ("fault", "health", "reason"),
    [
        (busy(900_000), Health.THROTTLED, "throttled"),
        (busy(), Health.THROTTLED, "throttled"),
        (Answer(status=403), Health.UNREACHABLE, "login_disabled"),
        (Answer(status=503), Health.UNREACHABLE, "server_error"),
        (Fault.CUT, Health.UNREACHABLE, "connection_lost"),
    ],
)
@pytest.mark.req("F67")
def test_trouble_stands_on_the_mailbox_and_is_over_with_the_next_success(
    account: EwsAccount, fault: Any, health: Health, reason: str
) -> None:
    account.connect()
    account.put(1)
    account.ews.next(ENDPOINT, fault)
    account.poll()
    mailbox = account.mailbox()
    assert (mailbox.health, mailbox.error_reason) == (health, reason)
    assert account.stored() == []
    account.poll()
    assert (account.mailbox().health, account.stored()) == (Health.REACHABLE, [mail(1)])


@pytest.mark.req("F67")
def test_a_mailbox_is_left_alone_as_long_as_the_server_asks(account: EwsAccount) -> None:
    account.connect()
    account.ews.next(ENDPOINT, busy(3_000_000))
    account.poll()
    with organization_scope(account.organization.id):
        assert WorkItem.objects.get(kind=WorkKind.POLL).due_at > clock.now() + timedelta(seconds=2900)


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
