"""The tokens of a grant: kept, renewed in time and once, dead when they are, and told to those who can help."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.microsoft import MicrosoftProvider
from mailboxes.connectors.oauth.token_set import TokenSet
from mailboxes.models import Flow, GrantState, OAuthGrant, Provider
from mailboxes.notices import notice_of
from mailboxes.services.oauth import tokens as service
from mailboxes.services.oauth.grants import oauth_config
from mailboxes.services.oauth.tokens import GrantTokens, store, tokens_of
from tests.factories.grants import make_grant
from tests.factories.mailboxes import make_mailbox
from tests.fakes.entra import FakeEntra
from tests.fakes.google import FakeGoogle, Grant
from tests.fakes.https import Answer, Fault, json_answer
from tests.fakes.oauth_people import query_of

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def source(grant: OAuthGrant) -> GrantTokens:
    return GrantTokens(organization_id=grant.organization_id, grant_id=grant.id)


def fresh(grant: OAuthGrant) -> OAuthGrant:
    with organization_scope(grant.organization_id):
        return OAuthGrant.objects.select_related("connection").get(id=grant.id)


def change(grant: OAuthGrant, **values: Any) -> None:
    with organization_scope(grant.organization_id):
        OAuthGrant.objects.filter(id=grant.id).update(**values)


def app_grant(entra: FakeEntra, organization: Any, **values: Any) -> OAuthGrant:
    return make_grant(organization, scopes=[f"https://{entra.host}/.default"], **values)


def person_grant(entra: FakeEntra, organization: Any, *, life_s: int = 3600) -> OAuthGrant:
    """Ann signed in; her token is good for `life_s`."""
    entra.apps["app-1"].redirect_uris = ["https://desk.example/cb"]
    scopes = [f"https://{entra.host}/IMAP.AccessAsUser.All", "offline_access"]
    grant = make_grant(organization, flow=Flow.USER, scopes=scopes, account="ann@acme.example")
    with organization_scope(organization.id):
        provider = MicrosoftProvider(oauth_config(grant))
    entra.life_s = life_s
    begun = provider.begin(redirect_uri="https://desk.example/cb")
    assert store(grant, provider.complete(begun, query_of(entra.signs_in(begun.url))), version=0)
    entra.life_s = 3600
    return fresh(grant)


def notices(grant: OAuthGrant) -> list[str]:
    with organization_scope(grant.organization_id):
        told = AuditEntry.objects.filter(action__startswith="mailbox.token").order_by("id")
        assert WorkItem.objects.filter(kind=WorkKind.NOTIFY).count() == told.count()
        return [entry.action for entry in told]


def failure(asked: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        asked()
    return caught.value


def test_a_connection_without_a_grant_has_no_tokens(fernhollow: Any) -> None:
    connection = make_mailbox(fernhollow).connection
    with organization_scope(fernhollow.id):
        assert tokens_of(connection) is None


@pytest.mark.req("F63")
def test_a_token_is_asked_for_once_and_kept_sealed(entra: FakeEntra, fernhollow: Any) -> None:
    grant = app_grant(entra, fernhollow)
    with organization_scope(fernhollow.id):
        tokens = tokens_of(grant.connection)
    assert tokens is not None
    first = tokens.token()
    assert {tokens.token() for _ in range(5)} == {first}
    assert len(entra.asked("/token")) == 1
    kept = fresh(grant)
    assert (kept.state, kept.tokens_version, kept.refresh_lease_until) == (GrantState.ALIVE, 1, None)
    assert first not in kept.tokens_sealed
    assert first not in repr(tokens)


@pytest.mark.req("S2.37", "S5.19", "F57")
def test_a_token_is_renewed_before_its_end_and_the_rotated_refresh_token_stored(
    entra: FakeEntra, fernhollow: Any
) -> None:
    grant = person_grant(entra, fernhollow, life_s=200)
    used = set(entra.refresh_tokens)
    token = source(grant).token()
    change(grant, refreshed_at=clock.now() - timedelta(days=1))
    again = source(grant).token(refused=token)
    assert len({token, again}) == 2
    asked = [request.form["refresh_token"] for request in entra.asked("/token") if "refresh_token" in request.form]
    assert asked[0] in used
    assert asked[1] not in used
    assert fresh(grant).tokens_version == 3


def test_a_provider_that_keeps_its_refresh_token_is_asked_with_it_again(google: FakeGoogle, fernhollow: Any) -> None:
    google.refresh_tokens["1//kept"] = Grant("ann@acme.example", ("https://mail.google.com/",))
    old = TokenSet(access_token="old", expires_at=clock.in_seconds(10), refresh_token="1//kept")
    grant = make_grant(
        fernhollow,
        provider=Provider.GOOGLE,
        flow=Flow.USER,
        client_id=google.client_id,
        secret=google.client_secret,
        tokens=old,
    )
    google.life_s = 100
    assert len({source(grant).token() for _ in range(3)}) == 3
    assert {request.form["refresh_token"] for request in google.asked("/token")} == {"1//kept"}


def test_a_refused_token_is_replaced_unless_it_is_minutes_old(entra: FakeEntra, fernhollow: Any) -> None:
    grant = app_grant(entra, fernhollow)
    first = source(grant).token()
    assert source(grant).token(refused=first) == first
    change(grant, refreshed_at=clock.now() - timedelta(minutes=6))
    assert source(grant).token(refused=first) != first
    assert len(entra.asked("/token")) == 2


@pytest.mark.req("F60")
def test_a_new_client_secret_is_used_at_once(entra: FakeEntra, fernhollow: Any) -> None:
    grant = app_grant(entra, fernhollow, secret="wrong")
    assert failure(source(grant).token).reason is Reason.APP_SECRET_WRONG
    other = app_grant(entra, fernhollow)
    assert source(other).token()
    from helpdesk.tenancy import secrets

    with organization_scope(fernhollow.id):
        change(grant, client_secret_sealed=secrets.seal_for(grant, "client_secret_sealed", "s3cret"))
    assert source(grant).token()


@pytest.mark.req("F58", "S2.44")
def test_a_revoked_grant_is_dead_asked_no_more_and_told_once(entra: FakeEntra, fernhollow: Any) -> None:
    grant = person_grant(entra, fernhollow, life_s=10)
    entra.revoke_all()
    asked = len(entra.asked("/token"))
    errors = [failure(source(grant).token) for _ in range(3)]
    assert {(error.reason, error.permanent) for error in errors} == {(Reason.GRANT_DEAD, True)}
    assert len(entra.asked("/token")) == asked + 1
    dead = fresh(grant)
    assert (dead.state, dead.state_reason) == (GrantState.DEAD, "grant_dead")
    assert "AADSTS50173" in dead.state_detail
    assert notices(grant) == ["mailbox.token_refused"]


@pytest.mark.req("F58", "F62")
def test_the_first_refusal_and_the_recovery_are_told_by_mail(
    entra: FakeEntra, fernhollow: Any, people: Any, mailoutbox: Any
) -> None:

    grant = app_grant(entra, fernhollow, secret="new")
    failure(source(grant).token)
    failure(source(grant).token)
    entra.apps["app-1"].secrets["new"] = "ok"
    source(grant).token()
    assert notices(grant) == ["mailbox.token_refused", "mailbox.token_recovered"]
    with organization_scope(fernhollow.id):
        failed, recovered = map(notice_of, AuditEntry.objects.filter(action__startswith="mailbox.token").order_by("id"))
    assert "client secret" in failed.text
    assert "AADSTS7000215" in failed.text
    assert "again" in recovered.subject
    assert (fresh(grant).state, fresh(grant).state_reason) == (GrantState.ALIVE, "")


@pytest.mark.req("F61")
@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        (json_answer({}, status=503), Reason.SERVER_ERROR),
        (json_answer({}, status=429, Retry_After="60"), Reason.THROTTLED),
        (Answer(status=200, content=b"<html>"), Reason.PROTOCOL),
        (Fault.CUT, Reason.CONNECTION_LOST),
    ],
)
def test_network_trouble_is_no_refusal(
    entra: FakeEntra, fernhollow: Any, instead: Answer | Fault, reason: Reason
) -> None:
    grant = person_grant(entra, fernhollow, life_s=10)
    entra.next("/token", instead)
    error = failure(source(grant).token)
    assert (error.reason, error.permanent) == (reason, False)
    after = fresh(grant)
    assert (after.state, after.state_reason, after.refresh_lease_until) == (GrantState.ALIVE, "", None)
    assert source(grant).token()
    assert notices(grant) == []


@pytest.mark.req("F61")
def test_a_token_that_is_still_good_outlasts_network_trouble(entra: FakeEntra, fernhollow: Any) -> None:
    grant = person_grant(entra, fernhollow, life_s=200)
    entra.next("/token", Fault.CUT)
    kept = source(grant).token()
    assert source(grant).token() != kept


def test_while_another_worker_renews_a_good_token_is_given_without_waiting(entra: FakeEntra, fernhollow: Any) -> None:
    grant = person_grant(entra, fernhollow, life_s=200)
    change(grant, refresh_lease_until=clock.in_seconds(60))
    asked = len(entra.asked("/token"))
    assert source(grant).token()
    assert len(entra.asked("/token")) == asked


def test_whoever_waits_for_another_workers_token_gives_up_in_time(
    entra: FakeEntra, fernhollow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = person_grant(entra, fernhollow, life_s=10)
    change(grant, refresh_lease_until=clock.in_seconds(60))
    monkeypatch.setattr(service, "WAIT_S", 0.0)
    error = failure(source(grant).token)
    assert (error.reason, error.permanent) == (Reason.TIMEOUT, False)


@pytest.mark.parametrize("minutes", [-1, 60])
def test_a_lease_that_ran_out_or_cannot_be_is_void(entra: FakeEntra, fernhollow: Any, minutes: int) -> None:
    grant = person_grant(entra, fernhollow, life_s=10)
    change(grant, refresh_lease_until=clock.now() + timedelta(minutes=minutes))
    assert source(grant).token()


def test_tokens_that_came_too_late_replace_none(entra: FakeEntra, fernhollow: Any) -> None:
    grant = person_grant(entra, fernhollow)
    late = TokenSet(access_token="late", expires_at=clock.in_seconds(3600), refresh_token="late")
    assert not store(grant, late, version=grant.tokens_version - 1)
    assert source(grant).token() != "late"


def test_a_refusal_that_came_too_late_kills_no_grant(
    entra: FakeEntra, fernhollow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers used one refresh token; the provider takes it once, and the other's answer was stored meanwhile."""
    grant = person_grant(entra, fernhollow, life_s=10)
    entra.revoke_all()
    newer = TokenSet(access_token="newer", expires_at=clock.in_seconds(3600), refresh_token="newer")
    usual = service._asked

    def slow(*arguments: Any) -> TokenSet:
        store(fresh(grant), newer, version=fresh(grant).tokens_version)
        return usual(*arguments)

    monkeypatch.setattr(service, "_asked", slow)
    assert source(grant).token() == "newer"
    assert fresh(grant).state == GrantState.ALIVE
    assert notices(grant) == []


def test_tokens_that_do_not_open_are_got_anew_or_a_person_is_asked(entra: FakeEntra, fernhollow: Any) -> None:
    app, person = app_grant(entra, fernhollow), person_grant(entra, fernhollow)
    source(app).token()
    for grant in (app, person):
        change(grant, tokens_sealed="d1:broken")
    assert source(app).token()
    assert failure(source(person).token).reason is Reason.SIGN_IN_NEEDED


def test_nobody_signed_in_yet_is_told_as_that(entra: FakeEntra, fernhollow: Any) -> None:
    error = failure(source(make_grant(fernhollow, flow=Flow.USER)).token)
    assert (error.reason, error.permanent) == (Reason.SIGN_IN_NEEDED, True)
    assert entra.requests == []


def test_the_installations_app_never_acts_by_itself(entra: FakeEntra, fernhollow: Any, settings: Any) -> None:
    settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET = "app-1", "s3cret"
    grant = app_grant(entra, fernhollow, client_id="", secret="")
    assert failure(source(grant).token).reason is Reason.APP_UNKNOWN
    assert entra.requests == []


@pytest.mark.req("S4.17")
def test_the_installations_app_serves_those_who_sign_in(entra: FakeEntra, fernhollow: Any, settings: Any) -> None:
    grant = person_grant(entra, fernhollow, life_s=10)
    change(grant, client_id="", client_secret_sealed="")
    settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET = "app-1", "s3cret"
    assert source(grant).token()


def test_a_grant_of_another_organization_is_not_there(entra: FakeEntra, fernhollow: Any, otherco: Any) -> None:
    grant = app_grant(entra, fernhollow)
    foreign = GrantTokens(organization_id=otherco.id, grant_id=grant.id)
    assert failure(foreign.token).reason is Reason.SIGN_IN_NEEDED
    assert entra.requests == []
