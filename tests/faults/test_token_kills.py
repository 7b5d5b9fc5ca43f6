"""Renewing tokens in processes that die or race: no token is lost that can be had again, none is asked for twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.entra import FakeEntra
from tests.fakes.entra_records import Refresh
from tests.fakes.https import json_answer
from tests.faults.harness import Installation

pytestmark = [pytest.mark.servers, pytest.mark.both]

PREPARE = """
from ipaddress import ip_network
from django.conf import settings
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth.clouds import CLOUDS, CloudHosts
from mailboxes.models import OAuthGrant
from mailboxes.services.oauth import tokens
settings.MAIL_ALLOWED_PORTS = frozenset([{port}])
settings.MAIL_CA_FILE = {ca_path!r}
host = "localhost:{port}"
CLOUDS["global"] = CloudHosts(login=host, graph=host, exchange=host, exchange_resource="https://" + host)
organization = Organization.objects.get(slug="fernhollow")
"""
MAKE = """
from helpdesk.lib import clock
from mailboxes.connectors.oauth.token_set import TokenSet
from tests.factories.grants import make_grant
old = TokenSet(access_token="old", expires_at=clock.in_seconds(30), refresh_token="rt-first")
scopes = ["https://" + host + "/IMAP.AccessAsUser.All", "offline_access"]
print(make_grant(organization, flow="user", tokens=old, scopes=scopes).id)
"""
TAKE = """
tokens.LEASE_S = 1.5
source = tokens.GrantTokens(organization_id=organization.id, grant_id="{grant_id}")
print(source.token())
"""


@pytest.fixture
def entra(certificate_authority: Any) -> Iterator[FakeEntra]:
    """Entra, where Ann signed in once."""
    with FakeEntra(certificate_authority) as running:
        app = running.add_app()
        scopes = (f"https://{running.host}/IMAP.AccessAsUser.All", "offline_access")
        running.refresh_tokens["rt-first"] = Refresh(app.tenant, app.client_id, "ann@acme.example", scopes)
        yield running


def prepared(entra: FakeEntra, code: str, **values: str) -> str:
    return PREPARE.format(port=entra.port, ca_path=str(entra.authority.ca_path)) + code.format(**values)


@pytest.fixture
def grant_id(installation: Installation, entra: FakeEntra) -> str:
    """A grant whose token ends in half a minute."""
    return installation.script(prepared(entra, MAKE)).strip()


@pytest.mark.req("F57", "F63")
@pytest.mark.parametrize(("plan", "asked"), [("tokens.asking:kill", 1), ("tokens.answered:kill", 2)])
def test_killed_around_the_providers_answer_the_next_one_gets_a_token(
    installation: Installation, entra: FakeEntra, grant_id: str, plan: str, asked: int
) -> None:
    take = prepared(entra, TAKE, grant_id=grant_id)
    killed = installation.start_script(take, fault=plan).wait()
    assert killed.was_killed
    assert installation.rows("SELECT tokens_version FROM mailboxes_oauthgrant WHERE id = %s", _key(grant_id)) == [(1,)]
    token = installation.script(take).strip()
    assert token in entra.tokens
    assert [request.form["refresh_token"] for request in entra.asked("/token")] == ["rt-first"] * asked
    assert _state(installation, grant_id) == ("alive", 2, "")


@pytest.mark.req("F63")
def test_four_workers_at_once_renew_once_and_all_get_the_token(
    installation: Installation, entra: FakeEntra, grant_id: str
) -> None:
    take = prepared(entra, TAKE.replace("LEASE_S = 1.5", "LEASE_S = 60"), grant_id=grant_id)
    workers = [installation.start_script(take) for _ in range(4)]
    ended = [worker.wait() for worker in workers]
    assert {worker.code for worker in ended} == {0}
    assert len({worker.output for worker in ended}) == 1
    assert len(entra.asked("/token")) == 1


@pytest.mark.req("F57")
def test_a_worker_that_slept_past_its_lease_overwrites_no_newer_token(
    installation: Installation, entra: FakeEntra, grant_id: str
) -> None:
    take = prepared(entra, TAKE, grant_id=grant_id)
    sleeper = installation.start_script(take, fault="tokens.answered:stop")
    sleeper.wait_until_stopped()
    newer = installation.script(take).strip()
    late = sleeper.go_on()
    assert (late.code, late.output.strip()) == (0, newer)
    assert _state(installation, grant_id) == ("alive", 2, "")


@pytest.mark.req("F61")
def test_a_provider_that_refuses_the_second_use_kills_no_grant_that_was_renewed(
    installation: Installation, entra: FakeEntra, grant_id: str
) -> None:
    """Some providers take each refresh token once; whoever comes second is refused, and finds the first one's token."""
    take = prepared(entra, TAKE, grant_id=grant_id)
    sleeper = installation.start_script(take, fault="tokens.asking:stop")
    sleeper.wait_until_stopped()
    newer = installation.script(take).strip()
    entra.next("/token", json_answer({"error": "invalid_grant"}, status=400))
    late = sleeper.go_on()
    assert (late.code, late.output.strip()) == (0, newer)
    assert _state(installation, grant_id) == ("alive", 2, "")


def _state(installation: Installation, grant_id: str) -> tuple[Any, ...]:
    columns = "SELECT state, tokens_version, state_reason FROM mailboxes_oauthgrant WHERE id = %s"
    return installation.rows(columns, _key(grant_id))[0]


def _key(grant_id: str) -> str:
    """As the database holds it: SQLite has no type for it."""
    return grant_id if os.environ.get("DATABASE_URL") else grant_id.replace("-", "")
