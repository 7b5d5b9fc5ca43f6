"""Whose mailbox an account on an Exchange server opens and sends from, and mailboxes that share an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.results import Stage, State
from mailboxes.models import Connection, Mailbox, OutgoingKind, OutgoingServer, SecurityChoice
from mailboxes.services.setup.form_config import plan_of
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput
from mailboxes.services.setup.mailboxes import create_mailbox, update_mailbox
from tests.factories.mailboxes import mailbox_input
from tests.fakes.ews import PASSWORD
from tests.mailboxes.account import mail
from tests.mailboxes.ews import USER, EwsAccount

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SHARED = "shared@fernhollow.test"
ANN = "FERN\\ann"


@pytest.fixture
def account(ews_account: EwsAccount) -> EwsAccount:
    """A server with two mailboxes, and Ann, who may open none of them yet."""
    ews_account.ews.mailbox(SHARED)
    ews_account.ews.users[ANN] = PASSWORD
    ews_account.ews.rights[ANN] = set()
    return ews_account


def entered(account: EwsAccount, *, impersonates: bool = False, **values: Any) -> MailboxInput:
    """A mailbox that Ann opens."""
    incoming = replace(account.entered(username=ANN), impersonates=impersonates)
    return mailbox_input(**({"incoming": incoming, "address": USER, "sends_itself": True} | values))


def connect(account: EwsAccount, data: MailboxInput) -> Mailbox:
    with organization_scope(account.organization.id):
        mailbox = create_mailbox(data)
    account.mailbox_id = mailbox.id
    return mailbox


@pytest.mark.req("S5.12")
def test_the_mailbox_that_is_named_is_read_and_sent_from(account: EwsAccount) -> None:
    account.ews.rights[ANN] = {SHARED}
    mailbox = connect(account, entered(account, remote_user=SHARED))
    account.ews.mailbox(SHARED).deliver(mail(1))
    account.poll()
    assert account.stored() == [mail(1)]
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.kind, mailbox.outgoing.username) == (OutgoingKind.EWS, SHARED)


@pytest.mark.parametrize("impersonates", [False, True])
def test_a_role_for_impersonation_counts_only_where_it_is_chosen(account: EwsAccount, impersonates: bool) -> None:
    account.ews.impersonators.add(ANN)
    connect(account, entered(account, impersonates=impersonates))
    account.put(1)
    account.poll()
    assert account.stored() == ([mail(1)] if impersonates else [])
    assert account.mailbox().error_reason == ("" if impersonates else "permission_missing")


def test_the_test_says_how_impersonation_is_given(account: EwsAccount) -> None:
    with organization_scope(account.organization.id):
        plan = plan_of(entered(account, impersonates=True), mailbox=None)
    [fault] = [result for result in run_connection_test(plan) if result.state is State.FAIL]
    assert (fault.stage, fault.fact) == (Stage.SIGN_IN, "sign_in.ews_no_access")
    assert (fault.causes[0].code, fault.causes[0].form_field) == ("ews_impersonation", "opens_by")


def test_the_test_makes_a_draft_where_mail_is_sent_by_itself(account: EwsAccount) -> None:
    account.ews.rights[ANN] = {USER}
    with organization_scope(account.organization.id):
        plan = plan_of(entered(account), mailbox=None)
    results = {result.stage: result for result in run_connection_test(plan)}
    assert (results[Stage.SEND].state, results[Stage.SEND].fact) == (State.OK, "send.draft_ok")


@pytest.mark.req("S5.40")
def test_mailboxes_that_share_an_account_are_read_each_for_itself(account: EwsAccount) -> None:
    account.ews.rights[ANN] = {USER, SHARED}
    first = connect(account, entered(account))
    with organization_scope(account.organization.id):
        second = create_mailbox(entered(account, address=SHARED), connection=first.connection)
    account.put(1)
    account.ews.mailbox(SHARED).deliver(mail(2))
    for mailbox, number in ((first, 1), (second, 2)):
        account.mailbox_id = mailbox.id
        account.poll()
        assert account.stored() == [mail(number)]
    with organization_scope(account.organization.id):
        assert Connection.objects.count() == 1
        assert set(OutgoingServer.objects.values_list("username", flat=True)) == {USER, SHARED}


def test_another_mailbox_of_the_account_is_another_source(account: EwsAccount) -> None:
    mailbox = connect(account, entered(account))
    with organization_scope(account.organization.id):
        update_mailbox(mailbox, entered(account))
        assert mailbox.source_generation == 1
        update_mailbox(mailbox, entered(account, remote_user=SHARED))
        assert (mailbox.source_generation, mailbox.remote_user) == (2, SHARED)
        assert AuditEntry.objects.filter(action="mailbox.changed").last().changes["remote_user"] == ["", SHARED]


def test_another_right_stands_in_the_configuration_log(account: EwsAccount) -> None:
    mailbox = connect(account, entered(account))
    with organization_scope(account.organization.id):
        update_mailbox(mailbox, entered(account, impersonates=True))
        entry = AuditEntry.objects.filter(action="mailbox.changed").last()
        assert entry is not None
        assert entry.changes["impersonates"] == [False, True]
        assert mailbox.source_generation == 1


def test_leaving_exchange_for_a_server_lends_it_no_password(account: EwsAccount) -> None:
    mailbox = connect(account, entered(account))
    assert not mailbox.sent_filing
    smtp = OutgoingInput("smtp.example.test", 587, SecurityChoice.STARTTLS)
    by_smtp = entered(account, sends_itself=False, outgoing=smtp)
    with organization_scope(account.organization.id):
        update_mailbox(mailbox, replace(by_smtp, incoming=replace(by_smtp.incoming, password="")))
        server = Mailbox.objects.get().outgoing
        assert server is not None
        assert (server.kind, server.host, server.login_of, server.password_sealed) == (
            OutgoingKind.SMTP,
            "smtp.example.test",
            None,
            "",
        )
        assert mailbox.sent_filing
        update_mailbox(mailbox, entered(account))
        assert (mailbox.outgoing.kind, mailbox.sent_filing) == (OutgoingKind.EWS, False)
