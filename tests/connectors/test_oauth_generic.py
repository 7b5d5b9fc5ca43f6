"""Tokens of Google and of any other provider, from a fake over TLS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.generic import GOOGLE, GenericProvider
from mailboxes.connectors.oauth.provider import Provider
from mailboxes.connectors.oauth.registry import provider_for
from mailboxes.connectors.oauth.signing_in import SignIn
from mailboxes.connectors.oauth.token_set import missing_scopes
from mailboxes.services.oauth.grant_inputs import GOOGLE_SCOPES
from tests.connectors.oauth_worlds import CALLBACK, config
from tests.fakes.google import FakeGoogle
from tests.fakes.https import Answer, Fault, json_answer
from tests.fakes.oauth_people import query_of
from tests.servers.certificates import CertificateAuthority

MAIL = "https://mail.google.com/"


@pytest.fixture
def fake(certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogle]:
    """Google with one client."""
    with FakeGoogle(certificate_authority) as running:
        running.redirect_uris = [CALLBACK]
        monkeypatch.setitem(GOOGLE, "google", running.endpoints)
        yield running


def google(fake: FakeGoogle, **changes: object) -> Provider:
    return provider_for(config(fake, **{**credentials(fake), "provider": "google", **changes}))


def other(fake: FakeGoogle, **changes: object) -> Provider:
    addresses = {"authorize_url": fake.endpoints.authorize_url, "token_url": fake.endpoints.token_url}
    return provider_for(config(fake, **{**credentials(fake), **addresses, "provider": "other", **changes}))


def credentials(fake: FakeGoogle) -> dict[str, object]:
    return {"client_id": fake.client_id, "client_secret": fake.client_secret, "scopes": GOOGLE_SCOPES}


def refusal(asked: object) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        asked()  # type: ignore[operator]  # a parameter
    return caught.value


@pytest.mark.req("S5.18", "S5.19", "S2.30", "S2.36")
def test_somebody_signs_in_with_google(fake: FakeGoogle) -> None:
    provider = google(fake)
    begun = provider.begin(redirect_uri=CALLBACK, login_hint="ann@acme.example")
    asked = query_of(begun.url)
    tokens = provider.complete(SignIn.from_json(begun.to_json()), query_of(fake.signs_in(begun.url)))
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent select_account")
    assert set(asked["scope"].split()) == {MAIL, "openid", "email", "profile"}
    assert tokens.account == "ann@acme.example"
    assert tokens.refresh_token in fake.refresh_tokens
    assert missing_scopes(begun.scopes, tokens.scopes) == ()


def test_a_refresh_token_comes_the_second_time_as_well(fake: FakeGoogle) -> None:
    provider = google(fake)
    for _ in range(2):
        begun = provider.begin(redirect_uri=CALLBACK)
        assert provider.complete(begun, query_of(fake.signs_in(begun.url))).refresh_token


@pytest.mark.req("S5.22", "S4.67")
def test_the_mail_permission_left_unticked_is_named(fake: FakeGoogle) -> None:
    fake.unticked = {MAIL}
    provider = google(fake)
    begun = provider.begin(redirect_uri=CALLBACK)
    tokens = provider.complete(begun, query_of(fake.signs_in(begun.url)))
    assert missing_scopes(begun.scopes, tokens.scopes) == (MAIL,)


@pytest.mark.parametrize("method", ["basic", "post"])
def test_any_provider_gives_tokens_by_either_way_of_naming_the_client(fake: FakeGoogle, method: str) -> None:
    fake.auth_method, fake.client_secret = method, "sécret:/+ %"
    provider = other(fake, client_auth=method)
    begun = provider.begin(redirect_uri=CALLBACK)
    tokens = provider.complete(begun, query_of(fake.signs_in(begun.url)))
    assert tokens.access_token in fake.tokens
    wrong = other(fake, client_auth="post" if method == "basic" else "basic")
    assert refusal(wrong.app_token).reason is Reason.APP_SECRET_WRONG


def test_extra_parameters_are_added_and_never_replace_ours(fake: FakeGoogle) -> None:
    extra = {"audience": "mail", "state": "evil", "redirect_uri": "https://evil.example/", "access_type": "offline"}
    asked = query_of(other(fake, extra_parameters=extra).begin(redirect_uri=CALLBACK).url)
    assert (asked["audience"], asked["redirect_uri"]) == ("mail", CALLBACK)
    assert asked["state"] != "evil"


def test_an_address_with_a_query_keeps_it(fake: FakeGoogle) -> None:
    provider = other(fake, authorize_url="https://login.example/auth?realm=mail&client_id=theirs")
    begun = provider.begin(redirect_uri=CALLBACK)
    assert begun.url.startswith("https://login.example/auth?realm=mail&")
    assert query_of(begun.url)["client_id"] == fake.client_id


@pytest.mark.parametrize("url", ["http://login.example/token", "ftp://login.example/", "login.example", "", "https://"])
@pytest.mark.parametrize("name", ["authorize_url", "token_url"])
def test_only_https_addresses_are_providers(fake: FakeGoogle, name: str, url: str) -> None:
    assert refusal(lambda: other(fake, **{name: url})).reason is Reason.BAD_ARGUMENT


@pytest.mark.req("F57")
def test_a_refresh_token_that_is_replaced_comes_with_the_answer(fake: FakeGoogle) -> None:
    provider = other(fake, extra_parameters={"access_type": "offline"}, client_auth="post")
    begun = provider.begin(redirect_uri=CALLBACK)
    first = provider.complete(begun, query_of(fake.signs_in(begun.url)))
    assert provider.refresh(first.refresh_token).refresh_token == ""
    fake.rotates = True
    second = provider.refresh(first.refresh_token)
    assert second.refresh_token not in ("", first.refresh_token)
    assert refusal(lambda: provider.refresh(first.refresh_token)).reason is Reason.GRANT_DEAD


def test_access_that_was_taken_back_is_a_dead_grant(fake: FakeGoogle) -> None:
    provider = google(fake)
    begun = provider.begin(redirect_uri=CALLBACK)
    tokens = provider.complete(begun, query_of(fake.signs_in(begun.url)))
    fake.revoke_all()
    error = refusal(lambda: provider.refresh(tokens.refresh_token))
    assert (error.reason, getattr(error, "ends_grant", False)) == (Reason.GRANT_DEAD, True)
    assert error.detail == "invalid_grant · Token has been expired or revoked."


@pytest.mark.req("F61")
@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        (Answer(status=500, content=b"oops"), Reason.SERVER_ERROR),
        (json_answer({}, status=429), Reason.THROTTLED),
        (Answer(status=403, content=b"<html>blocked"), Reason.PROTOCOL),
        (Answer(status=307, headers={"Location": "https://evil.example/token"}), Reason.PROTOCOL),
        (Fault.CUT, Reason.CONNECTION_LOST),
    ],
)
def test_trouble_of_the_provider_is_told_from_a_refusal(
    fake: FakeGoogle, instead: Answer | Fault, reason: Reason
) -> None:
    fake.next("/token", instead)
    error = refusal(lambda: google(fake).refresh("1//x"))
    assert (error.reason, error.permanent) == (reason, False)


def test_a_sign_in_that_was_cancelled_says_so(fake: FakeGoogle) -> None:
    provider = google(fake)
    begun = provider.begin(redirect_uri=CALLBACK)
    answer = query_of(fake.signs_in(begun.url, decision="decline"))
    assert refusal(lambda: provider.complete(begun, answer)).reason is Reason.CONSENT_REFUSED


@pytest.mark.req("S2.43")
def test_a_code_works_once_with_its_own_state_and_verifier(fake: FakeGoogle) -> None:
    provider = google(fake)
    begun, other_one = (provider.begin(redirect_uri=CALLBACK) for _ in range(2))
    answer = query_of(fake.signs_in(begun.url))
    assert refusal(lambda: provider.complete(other_one, answer)).reason is Reason.PROTOCOL
    assert refusal(lambda: provider.complete(other_one, {**answer, "state": other_one.state})).permanent
    assert provider.complete(begun, answer).access_token
    assert refusal(lambda: provider.complete(begun, answer)).reason is Reason.CODE_EXPIRED


def test_who_signed_in_is_believed_of_this_app_and_sign_in_alone(fake: FakeGoogle) -> None:
    provider = GenericProvider(
        config(fake, **{**credentials(fake), "provider": "other", "client_auth": "post"}), fake.endpoints
    )
    begun = provider.begin(redirect_uri=CALLBACK)
    code = fake.signs_in(begun.url)
    fake.codes[query_of(code)["code"]].query["nonce"] = "of-another-sign-in"
    assert provider.complete(begun, query_of(code)).account == ""


def test_secrets_sent_are_struck_out_of_what_the_provider_says(fake: FakeGoogle) -> None:
    told = {"error": "invalid_grant", "error_description": f"1//refresh of {fake.client_secret} is unknown"}
    fake.next("/token", json_answer(told, status=400))
    assert refusal(lambda: google(fake).refresh("1//refresh")).detail == "invalid_grant · *** of *** is unknown"
