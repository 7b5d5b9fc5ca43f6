"""Mailboxes behind Exchange Web Services by an app registration: that they read and send, and what tokens are for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.secrets import open_for
from mailboxes.deadlines import DeadlineKind, deadlines_of
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.results import Stage, State
from mailboxes.models import Connection, Health, Mailbox, OAuthGrant, OutgoingKind, RemoteMessage
from mailboxes.services.oauth.registrations import scope_of_app
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.form_config import plan_of
from mailboxes.services.setup.mailboxes import create_mailbox, update_mailbox
from tests.factories.outgoing import queue_mail
from tests.mailboxes.account import mail
from tests.mailboxes.ews import ExchangeOnline, exchange_online
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ADDRESS = "support@fernhollow.example"


@pytest.fixture
def online(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> Iterator[ExchangeOnline]:
    """A tenant with an app, and an empty mailbox."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with exchange_online(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.ews.mailbox(ADDRESS)
        yield made


def grant() -> OAuthGrant:
    found: OAuthGrant = OAuthGrant.objects.get()
    return found


@pytest.mark.req("S4.10", "S5.37", "S5.39")
def test_an_app_reads_and_sends_by_its_own_right(online: ExchangeOnline, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(online.entered(ADDRESS))
    online.ews.mailbox(ADDRESS).deliver(mail(1))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        [sighting] = RemoteMessage.objects.select_related("raw")
        assert sighting.raw is not None
        assert files.read(sighting.raw.storage_key) == mail(1)
        mailbox = Mailbox.objects.select_related("outgoing__login_of").get()
        assert (mailbox.health, mailbox.sent_filing) == (Health.REACHABLE, False)
        assert mailbox.outgoing is not None
        assert mailbox.outgoing.kind == OutgoingKind.EWS
        queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)
    assert [sent.sender for sent in online.ews.sent] == [ADDRESS]
    assert len(online.entra.asked("/token")) == 1


def test_the_secret_is_sealed_and_goes_to_no_mail_server(online: ExchangeOnline, in_fernhollow: Any) -> None:
    create_mailbox(online.entered(ADDRESS))
    assert online.secret not in grant().client_secret_sealed
    assert open_for(grant(), "client_secret_sealed") == online.secret
    assert grant().connection.password_sealed == ""


@pytest.mark.parametrize(
    ("host", "port", "scope"),
    [
        ("outlook.office365.com", 443, "https://outlook.office365.com/.default"),
        ("outlook.office.com", 443, "https://outlook.office365.com/.default"),
        ("mail.fernhollow.example", 443, "https://mail.fernhollow.example/.default"),
    ],
)
def test_a_token_is_for_one_server_alone(host: str, port: int, scope: str) -> None:
    place = Connection(kind="ews", host=host, port=port)
    assert scope_of_app(place, cloud="global") == scope


def test_a_server_of_ones_own_takes_tokens_made_out_to_it(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
    fernhollow: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    with exchange_online(
        certificate_authority, monkeypatch=monkeypatch, settings=settings, own_server=True
    ) as on_premises:
        on_premises.ews.mailbox(ADDRESS).deliver(mail(1))
        with organization_scope(fernhollow.id):
            mailbox = create_mailbox(on_premises.entered(ADDRESS))
            assert grant().scopes == ["https://localhost/.default"]
        poll_now(mailbox.id, is_processed=False, wait_s=5)
        with organization_scope(fernhollow.id):
            assert Mailbox.objects.get().health == Health.REACHABLE


def test_another_server_forgets_the_tokens_and_asks_for_its_own(online: ExchangeOnline, in_fernhollow: Any) -> None:
    mailbox = create_mailbox(online.entered(ADDRESS))
    OAuthGrant.objects.update(tokens_sealed="sealed")
    elsewhere = replace(online.place(), host="mail.fernhollow.example")
    data = replace(online.entered(ADDRESS, app=online.app(client_secret="")), incoming=elsewhere)
    update_mailbox(mailbox, data)
    assert (grant().tokens_sealed, grant().scopes) == ("", ["https://mail.fernhollow.example/.default"])
    assert open_for(grant(), "client_secret_sealed") == online.secret
    assert mailbox.source_generation == 2


@pytest.mark.req("S4.70")
def test_a_missing_permission_stands_on_the_mailbox(online: ExchangeOnline, fernhollow: Any) -> None:
    online.entra.apps[online.client_id].roles.clear()
    with organization_scope(fernhollow.id):
        mailbox = create_mailbox(online.entered(ADDRESS))
    poll_now(mailbox.id, is_processed=False, wait_s=5)
    with organization_scope(fernhollow.id):
        mailbox = Mailbox.objects.get()
        assert mailbox.error_reason == "permission_missing"
        assert "contains no permissions" in mailbox.error_detail


def test_what_stands_in_the_form_is_tested_before_it_is_saved(online: ExchangeOnline, in_fernhollow: Any) -> None:
    online.ews.mailbox(ADDRESS).deliver(mail(1))
    results = {result.stage: result for result in run_connection_test(plan_of(online.entered(ADDRESS), mailbox=None))}
    assert {stage: results[stage].state for stage in (Stage.TOKEN, Stage.MAILBOX, Stage.READ, Stage.SEND)} == {
        Stage.TOKEN: State.OK,
        Stage.MAILBOX: State.OK,
        Stage.READ: State.OK,
        Stage.SEND: State.OK,
    }


def test_a_stored_app_is_tested_without_its_secret(online: ExchangeOnline, in_fernhollow: Any) -> None:
    mailbox = create_mailbox(online.entered(ADDRESS))
    plan = plan_of(online.entered(ADDRESS, app=online.app(client_secret="")), mailbox=mailbox)
    results = {result.stage: result.state for result in run_connection_test(plan)}
    assert results[Stage.MAILBOX] == State.OK


@pytest.mark.req("S5.33")
def test_the_end_of_the_services_is_forecast_for_exchange_online_alone(
    online: ExchangeOnline, in_fernhollow: Any
) -> None:
    from datetime import date

    for host, expected in (("outlook.office365.com", [DeadlineKind.EWS]), ("mail.fernhollow.example", [])):
        data = replace(online.entered(f"a@{host}"), incoming=replace(online.place(), host=host))
        mailbox = create_mailbox(data)
        ends = deadlines_of(mailbox, server=None, today=date(2026, 11, 26))
        assert [end.kind for end in ends] == expected
