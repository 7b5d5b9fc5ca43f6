"""Microsoft's tokens through msal, which talks to a fake of Entra over TLS."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from helpdesk.lib import clock
from mailboxes.connectors.config import OAuthConfig, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.connectors.oauth.microsoft import MicrosoftProvider
from mailboxes.connectors.oauth.provider import StillPending
from mailboxes.connectors.oauth.refusals import TokenRefused
from mailboxes.connectors.oauth.registry import FreshTokens
from mailboxes.connectors.oauth.signing_in import SignIn
from mailboxes.connectors.oauth.token_set import missing_scopes
from tests.connectors.oauth_worlds import CALLBACK, config
from tests.fakes.entra import FakeEntra
from tests.fakes.https import Answer, Fault, json_answer
from tests.fakes.oauth_people import query_of
from tests.servers.certificates import CertificateAuthority


@pytest.fixture
def entra(certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEntra]:
    """Entra with one tenant and one app."""
    with FakeEntra(certificate_authority) as running:
        running.add_app(redirect_uris=[CALLBACK])
        monkeypatch.setitem(CLOUDS, "global", running.cloud)
        yield running


def person(entra: FakeEntra, **changes: object) -> OAuthConfig:
    """The app asks for somebody's IMAP and SMTP."""
    scopes = tuple(f"https://{entra.host}/{name}" for name in ("IMAP.AccessAsUser.All", "SMTP.Send"))
    return config(entra, **{"scopes": (*scopes, "offline_access"), **changes})


def refusal(asked: object) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        asked()  # type: ignore[operator]  # a parameter
    return caught.value


def test_an_app_gets_a_token_for_itself(entra: FakeEntra) -> None:
    tokens = MicrosoftProvider(config(entra)).app_token()
    issued = entra.tokens[tokens.access_token]
    assert (issued.account, issued.tenant) == ("", entra.tenants["acme.example"])
    assert tokens.refresh_token == ""
    assert 3500 < (tokens.expires_at - clock.now()).total_seconds() <= 3600


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_secret": "wrong"}, Reason.APP_SECRET_WRONG),
        ({"client_secret": "old"}, Reason.APP_SECRET_EXPIRED),
        ({"client_secret": ""}, Reason.APP_SECRET_MISSING),
        ({"client_id": "nobody"}, Reason.APP_UNKNOWN),
        ({"tenant": "nowhere.example"}, Reason.TENANT_UNKNOWN),
        ({"tenant": "globex.example"}, Reason.APP_UNKNOWN),
        ({"tenant": ""}, Reason.APP_SINGLE_TENANT),
        ({"tenant": "../../evil"}, Reason.TENANT_UNKNOWN),
        ({"scopes": ("https://localhost/Mail.Read",)}, Reason.SCOPE_WRONG),
    ],
)
@pytest.mark.req("S4.69")
def test_what_is_wrong_with_an_app_is_told(entra: FakeEntra, changes: dict[str, object], reason: Reason) -> None:
    entra.apps["app-1"].secrets["old"] = "expired"
    entra.add_tenant("globex.example")
    error = refusal(lambda: MicrosoftProvider(config(entra, **changes)).app_token())
    assert (error.reason, error.permanent) == (reason, True)
    assert "s3cret" not in str(error)


def test_a_refusal_keeps_the_ids_that_support_asks_for(entra: FakeEntra) -> None:
    error = refusal(MicrosoftProvider(config(entra, client_secret="wrong")).app_token)
    assert isinstance(error, TokenRefused)
    assert (error.error, error.number) == ("invalid_client", 7000215)
    assert " · trace " in error.detail
    assert " · correlation " in error.detail


@pytest.mark.req("F61")
@pytest.mark.parametrize(
    ("instead", "reason", "wish_s"),
    [
        (json_answer({"error": "temporarily_unavailable"}, status=503), Reason.SERVER_ERROR, None),
        (json_answer({}, status=429, Retry_After="37"), Reason.THROTTLED, 37.0),
        (Answer(status=502, content=b"<html>Bad gateway"), Reason.SERVER_ERROR, None),
        (Answer(status=200, content=b"<html>Captive portal"), Reason.PROTOCOL, None),
        (Answer(status=302, headers={"Location": "https://evil.example/"}), Reason.PROTOCOL, None),
        (json_answer({"access_token": "a b\r\nc"}), Reason.PROTOCOL, None),
        (json_answer({"token_type": "Bearer"}), Reason.PROTOCOL, None),
        (json_answer(["no", "object"]), Reason.PROTOCOL, None),
        (Fault.CUT, Reason.CONNECTION_LOST, None),
        (Fault.HANG, Reason.TIMEOUT, None),
    ],
)
def test_a_provider_that_is_unwell_is_not_taken_for_one_that_refuses(
    entra: FakeEntra, instead: Answer | Fault, reason: Reason, wish_s: float | None
) -> None:
    entra.next("/token", instead)
    impatient = config(entra, timeouts=Timeouts(connect_s=5, read_s=0.5))
    error = refusal(MicrosoftProvider(impatient).app_token)
    assert (error.reason, error.permanent, error.retry_after_s) == (reason, False, wish_s)
    assert not isinstance(error, TokenRefused)


def test_another_host_in_the_discovery_never_sees_the_secret(entra: FakeEntra) -> None:
    endpoints = dict.fromkeys(("authorization_endpoint", "token_endpoint"), "https://evil.example/token")
    entra.next("openid-configuration", json_answer({"issuer": "x", **endpoints}))
    error = refusal(MicrosoftProvider(config(entra)).app_token)
    assert error.reason in (Reason.HOST_NOT_ALLOWED, Reason.PROTOCOL)
    assert entra.asked("/token") == []


def test_the_environment_does_not_change_whom_msal_trusts(entra: FakeEntra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    assert MicrosoftProvider(config(entra)).app_token().access_token
    untrusting = config(entra, ca_file="")
    assert refusal(MicrosoftProvider(untrusting).app_token).reason is Reason.TLS_CERTIFICATE_UNTRUSTED


@pytest.mark.req("S4.16", "S4.17", "S5.19")
def test_somebody_signs_in_and_the_product_gets_tokens(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK, login_hint="ann@acme.example")
    asked = query_of(begun.url)
    tokens = provider.complete(SignIn.from_json(begun.to_json()), query_of(entra.signs_in(begun.url)))
    assert (tokens.account, tokens.tenant) == ("ann@acme.example", entra.tenants["acme.example"])
    assert tokens.refresh_token in entra.refresh_tokens
    assert missing_scopes(begun.scopes, tokens.scopes) == ()
    assert asked["code_challenge_method"] == "S256"
    assert (asked["login_hint"], asked["prompt"], asked["response_mode"]) == (
        "ann@acme.example",
        "select_account",
        "query",
    )
    assert {"openid", "email", "offline_access"} < set(asked["scope"].split())


def test_beginning_a_sign_in_asks_nobody(entra: FakeEntra) -> None:
    MicrosoftProvider(person(entra)).begin(redirect_uri=CALLBACK)
    assert entra.requests == []


@pytest.mark.req("S4.67", "S2.50")
def test_a_permission_that_was_not_granted_is_named(entra: FakeEntra) -> None:
    entra.apps["app-1"].withheld = {f"https://{entra.host}/SMTP.Send"}
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    tokens = provider.complete(begun, query_of(entra.signs_in(begun.url)))
    assert missing_scopes(begun.scopes, tokens.scopes) == (f"https://{entra.host}/SMTP.Send",)


@pytest.mark.req("S2.43")
def test_a_code_works_once(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    answer = query_of(entra.signs_in(begun.url))
    provider.complete(begun, answer)
    assert refusal(lambda: provider.complete(begun, answer)).reason is Reason.CODE_EXPIRED


def test_a_code_is_worth_nothing_with_another_verifier_or_state(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    begun, other = (provider.begin(redirect_uri=CALLBACK) for _ in range(2))
    answer = query_of(entra.signs_in(begun.url))
    assert refusal(lambda: provider.complete(other, answer)).reason is Reason.PROTOCOL
    stolen = replace(begun, verifier=other.verifier)
    assert refusal(lambda: provider.complete(stolen, answer)).reason is Reason.CODE_EXPIRED
    assert entra.refresh_tokens == {}


@pytest.mark.req("S3.12")
@pytest.mark.parametrize(
    ("decision", "needs_admin", "reason"),
    [
        ("decline", False, Reason.CONSENT_REFUSED),
        ("leave", True, Reason.CONSENT_REFUSED),
        ("accept", True, Reason.ADMIN_CONSENT_NEEDED),
    ],
)
def test_a_sign_in_that_was_not_allowed_says_why(
    entra: FakeEntra, decision: str, needs_admin: bool, reason: Reason
) -> None:
    entra.apps["app-1"].needs_admin = needs_admin
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    answer = query_of(entra.signs_in(begun.url, decision=decision))
    assert refusal(lambda: provider.complete(begun, answer)).reason is reason


@pytest.mark.req("S3.13")
def test_an_administrator_allows_the_app_by_one_address(entra: FakeEntra) -> None:
    entra.apps["app-1"].needs_admin = True
    url = MicrosoftProvider(person(entra)).admin_consent_url(redirect_uri=CALLBACK, state="s-1")
    assert url.startswith(f"https://{entra.host}/acme.example/v2.0/adminconsent?")
    assert query_of(entra.signs_in(url))["admin_consent"] == "True"


@pytest.mark.req("S2.37", "F57")
def test_a_refresh_brings_a_new_refresh_token(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    first = provider.complete(begun, query_of(entra.signs_in(begun.url)))
    second = provider.refresh(first.refresh_token)
    assert len({first.refresh_token, second.refresh_token, ""}) == 3
    assert len({first.access_token, second.access_token}) == 2


@pytest.mark.parametrize(
    ("number", "reason", "ends"),
    [
        (50173, Reason.GRANT_DEAD, True),
        (700082, Reason.GRANT_DEAD, True),
        (999999, Reason.GRANT_DEAD, True),
        (53003, Reason.SIGN_IN_BLOCKED, True),
        (50076, Reason.SIGN_IN_NEEDED, True),
        (50057, Reason.ACCOUNT_REFUSED, True),
        (7000222, Reason.APP_SECRET_EXPIRED, False),
    ],
)
def test_a_refused_refresh_says_whether_the_grant_is_dead(
    entra: FakeEntra, number: int, reason: Reason, ends: bool
) -> None:
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    tokens = provider.complete(begun, query_of(entra.signs_in(begun.url)))
    entra.revoke_all(number=number)
    error = refusal(lambda: provider.refresh(tokens.refresh_token))
    assert isinstance(error, TokenRefused)
    assert (error.reason, error.ends_grant) == (reason, ends)
    assert tokens.refresh_token not in str(error)


@pytest.mark.req("S5.83")
def test_scopes_of_several_resources_in_one_request_are_told(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    answer = query_of(entra.signs_in(begun.url))
    entra.blocked = 700022
    assert refusal(lambda: provider.complete(begun, answer)).reason is Reason.SCOPES_MIXED


@pytest.mark.req("S5.28", "S5.30")
def test_a_device_code_gives_tokens_once_somebody_signed_in(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    code = provider.begin_device()
    with pytest.raises(StillPending):
        provider.poll_device(code)
    entra.types_code(code.user_code, account="bob@acme.example")
    tokens = provider.poll_device(code)
    assert tokens.account == "bob@acme.example"
    assert tokens.refresh_token in entra.refresh_tokens
    assert (code.verification_url, code.interval_s) == ("https://microsoft.com/devicelogin", 5)
    assert 800 < (code.expires_at - clock.now()).total_seconds() <= 900


@pytest.mark.parametrize(
    ("error", "number", "reason"),
    [
        ("authorization_declined", 0, Reason.CONSENT_REFUSED),
        ("expired_token", 0, Reason.CODE_EXPIRED),
        ("bad_verification_code", 0, Reason.CODE_EXPIRED),
        ("", 53003, Reason.SIGN_IN_BLOCKED),
    ],
)
def test_a_device_code_that_came_to_nothing_says_why(entra: FakeEntra, error: str, number: int, reason: Reason) -> None:
    provider = MicrosoftProvider(person(entra))
    code = provider.begin_device()
    entra.types_code(code.user_code, error=error, number=number)
    assert refusal(lambda: provider.poll_device(code)).reason is reason


def test_a_device_code_that_is_asked_too_often_slows_down(entra: FakeEntra) -> None:
    provider = MicrosoftProvider(person(entra))
    code = provider.begin_device()
    entra.types_code(code.user_code, error="slow_down")
    with pytest.raises(StillPending) as caught:
        provider.poll_device(code)
    assert caught.value.slow_down_s == 5


def test_tokens_and_secrets_are_in_no_log(entra: FakeEntra, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider = MicrosoftProvider(person(entra))
    begun = provider.begin(redirect_uri=CALLBACK)
    tokens = provider.complete(begun, query_of(entra.signs_in(begun.url)))
    logging.getLogger("tests").debug("%r %r %r", tokens, person(entra), begun)
    for secret in ("s3cret", tokens.access_token, tokens.refresh_token, begun.verifier, begun.state):
        assert secret not in caplog.text


def test_fresh_tokens_are_asked_for_once_and_again_when_refused(entra: FakeEntra) -> None:
    source = FreshTokens(config(entra))
    first = source.token()
    assert source.token() == first
    assert source.token(refused=first) != first
    assert len(entra.asked("/token")) == 2


def test_the_life_of_a_token_is_read_from_the_answer(entra: FakeEntra) -> None:
    entra.life_s = 60
    with clock.held_at(datetime(2026, 11, 26, 8, tzinfo=UTC)):
        tokens = MicrosoftProvider(config(entra)).app_token()
    assert tokens.expires_at == datetime(2026, 11, 26, 8, 1, tzinfo=UTC)


@pytest.mark.req("S5.83")
@pytest.mark.parametrize("other", ["User.Read", "https://graph.microsoft.us/Mail.Send"])
def test_scopes_of_two_services_are_refused_before_microsoft_is_asked(entra: FakeEntra, other: str) -> None:
    scopes = ("https://outlook.office365.us/IMAP.AccessAsUser.All", "offline_access", other)
    with pytest.raises(ConnectorError) as error:
        MicrosoftProvider(config(entra, cloud="us_gov", scopes=scopes))
    assert (error.value.reason, error.value.permanent) == (Reason.SCOPES_MIXED, True)
    assert entra.requests == []
