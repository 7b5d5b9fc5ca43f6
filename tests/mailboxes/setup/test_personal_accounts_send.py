"""The upgrade that gave personal accounts at Microsoft their own server for sending: which it takes, and which not."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Cloud, ConnectionKind, OAuthGrant, OutgoingServer, Provider
from mailboxes.services.oauth.grant_inputs import AppInput
from mailboxes.services.oauth.grant_setup import create_signed_in_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S5.27")]
OLD, OWN = "smtp.office365.com", "smtp-mail.outlook.com"


def upgraded(organization: Any, *, account: str = "shop@example.test", host: str = OLD, **values: Any) -> str:
    """Where a mailbox sends after the upgrade that somebody had signed in for before."""
    with organization_scope(organization.id):
        mailbox = create_signed_in_mailbox(
            name="Shop",
            address=account,
            account=account,
            provider=Provider.MICROSOFT,
            kind=ConnectionKind.IMAP,
            app=AppInput(),
        )
        OAuthGrant.objects.filter(connection=mailbox.connection).update(**values)
        OutgoingServer.objects.filter(pk=mailbox.outgoing_id).update(host=host)
        step = importlib.import_module("mailboxes.migrations.0040_personal_accounts_send")
        step.move(apps, SimpleNamespace(connection=connection))
        return str(OutgoingServer.objects.get(pk=mailbox.outgoing_id).host)


@pytest.mark.parametrize(
    ("account", "values"),
    [
        ("Shop@Hotmail.com", {}),
        ("shop@outlook.com", {"tenant": "common"}),
        ("shop@live.com", {"flow": "device"}),
        ("shop@fernhollow.example", {"tenant": "consumers"}),
    ],
)
def test_a_personal_account_sends_by_its_own_server(fernhollow: Any, account: str, values: dict[str, Any]) -> None:
    assert upgraded(fernhollow, account=account, **values) == OWN


@pytest.mark.parametrize(
    ("account", "values"),
    [
        ("shop@fernhollow.example", {}),
        ("guest@outlook.com", {"tenant": "fernhollow.example"}),
        ("shop@outlook.com", {"cloud": Cloud.CHINA}),
        ("shop@outlook.com", {"provider": Provider.OTHER}),
        ("shop@myoutlook.com", {}),
    ],
)
def test_any_other_sends_as_before(fernhollow: Any, account: str, values: dict[str, Any]) -> None:
    assert upgraded(fernhollow, account=account, **values) == OLD


def test_a_server_that_somebody_chose_stays(fernhollow: Any) -> None:
    assert upgraded(fernhollow, account="shop@outlook.com", host="smtp.example.test") == "smtp.example.test"
