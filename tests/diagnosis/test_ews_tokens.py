"""The test of an Exchange server that tokens open, and of sending through it, against the fakes of Entra and of EWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from helpdesk.lib import clock
from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import EwsConfig, OAuthConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth import clouds
from mailboxes.connectors.oauth.registry import FreshTokens
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.plan import Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import advice, sentence, title
from tests.connectors.configs import LOOPBACK
from tests.connectors.ews_worlds import ENDPOINT, EwsWorld, ews_world, refused
from tests.connectors.graph_worlds import FixedToken
from tests.diagnosis.runs import causes, done
from tests.fakes.entra import FakeEntra
from tests.fakes.ews import AS_USER, FULL_ACCESS, FakeEws
from tests.fakes.https import Answer, Fault
from tests.servers.certificates import CertificateAuthority

USER = "help@fernhollow.example"
MAIL = b"Message-ID: <m1@x.example>\r\nSubject: Hello\r\n\r\nHello\r\n"
SECRET = "abc8Q~the-value-of-the-secret"


@dataclass
class Online:
    """An Exchange server that takes tokens of a fake Entra, with one app and one mail."""

    entra: FakeEntra
    world: EwsWorld
    tenant: str

    def config(self, *, secret: str = SECRET, client_id: str = "app", user: str = USER) -> EwsConfig:
        """What the connector is told for the app."""
        ports = frozenset({self.entra.port, self.world.port})
        guard = HostGuard(allowed_networks=LOOPBACK, allowed_ports=ports)
        ca_file = str(self.entra.authority.ca_path)
        asks = OAuthConfig(
            provider="microsoft",
            client_id=client_id,
            client_secret=secret,
            scopes=(f"https://{self.world.ews.host}/.default",),
            guard=guard,
            tenant=self.tenant,
            ca_file=ca_file,
        )
        login = replace(self.world.config().login, guard=guard, username="", password="", tokens=FreshTokens(asks))
        return EwsConfig(login, user=user, impersonates=True, token_host=self.entra.host)

    def of_person(self, account: str, *, scope: str = AS_USER) -> EwsConfig:
        """The same for somebody who has signed in and let the app have this scope."""
        app = self.entra.apps["app"]
        token = self.entra._issue(self.tenant, app, account, (f"https://{self.world.ews.host}/{scope}",))
        config = self.config()
        login = replace(config.login, username=account, tokens=FixedToken(token))
        return replace(config, login=login, impersonates=False)


@pytest.fixture
def online(certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Online]:
    """The app has full_access_as_app, and an administrator has consented."""
    with FakeEntra(certificate_authority) as entra, FakeEws(certificate_authority) as ews:
        monkeypatch.setitem(clouds.CLOUDS, "global", entra.cloud)
        world = ews_world(ews, USER)
        ews.offers, ews.entra, ews.tokens = ["bearer"], entra, {}
        entra.add_app("app", domain="fernhollow.example", secret=SECRET, roles={FULL_ACCESS})
        world.deliver(MAIL)
        yield Online(entra, world, entra.add_tenant("fernhollow.example"))


def run(config: EwsConfig, **trial: object) -> list[StageResult]:
    asked = Trial(USER, **({"sends_itself": True} | trial))  # type: ignore[arg-type]  # its fields
    results = list(run_connection_test(plan_for("ews", config, trial=asked)))
    for result in results:
        assert sentence(result)
        assert title(result)
        assert all(advice(cause) for cause in result.causes)
    return results


def failed(config: EwsConfig, **trial: object) -> StageResult:
    [fault] = [result for result in run(config, **trial) if result.state is State.FAIL]
    assert fault.causes
    return fault


def codes(fault: StageResult) -> list[str]:
    return [code for code, _field in causes(fault)]


@pytest.mark.req("S4.10", "S5.37", "S5.39")
def test_an_app_passes_every_stage_and_leaves_nothing_behind(online: Online) -> None:
    results = done(run(online.config()))
    passed = [stage for stage, result in results.items() if result.state is State.OK]
    reading = [Stage.TOKEN, Stage.MAILBOX, Stage.FOLDER, Stage.READ]
    assert [stage for stage in passed if stage not in (Stage.RESOLVE, Stage.CONNECT, Stage.TLS)] == [
        *reading,
        Stage.SEND,
    ]
    assert results[Stage.SEND].fact == "send.draft_ok"
    assert online.world.mailbox.held(online.world.mailbox.well_known["drafts"]) == []
    assert online.world.ews.sent == []


def test_a_test_mail_is_sent_and_seen(online: Online, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "pause", lambda _seconds: None)
    mail = b"From: help@fernhollow.example\r\nTo: help@fernhollow.example\r\nMessage-ID: <t1@x.example>\r\n\r\nTest\r\n"
    results = done(run(online.config(), test_mail=mail))
    assert (results[Stage.SEND].state, results[Stage.SEND].fact) == (State.OK, "send.received_back")
    assert [sent.recipients for sent in online.world.ews.sent] == [(USER,)]


def test_somebody_who_signed_in_opens_their_own_mailbox(online: Online) -> None:
    results = done(run(online.of_person(USER)))
    assert (results[Stage.TOKEN].state, results[Stage.MAILBOX].fact) == (State.OK, "mailbox.ews_ok")
    assert results[Stage.READ].state is State.OK


@pytest.mark.parametrize(
    ("spoil", "stage", "fact", "first_cause"),
    [
        (lambda online: online.config(secret="wrong"), Stage.TOKEN, "token.secret", "secret_value"),
        (lambda online: online.config(client_id="nobody"), Stage.TOKEN, "token.app", "check_client"),
        (
            lambda online: online.config(user="nobody@fernhollow.example"),
            Stage.MAILBOX,
            "sign_in.ews_no_mailbox",
            "check_mailbox",
        ),
        (
            lambda online: online.of_person("ann@fernhollow.example"),
            Stage.MAILBOX,
            "mailbox.ews_person",
            "ews_person_access",
        ),
        (
            lambda online: online.of_person(USER, scope="IMAP.AccessAsUser.All"),
            Stage.MAILBOX,
            "mailbox.ews_person_scope",
            "ews_person_scope",
        ),
    ],
)
def test_what_is_wrong_with_app_or_person_is_told_apart(
    online: Online, spoil: Callable[[Online], EwsConfig], stage: Stage, fact: str, first_cause: str
) -> None:
    fault = failed(spoil(online))
    assert (fault.stage, fault.fact, codes(fault)[0]) == (stage, fact, first_cause)


@pytest.mark.req("S4.70", "S5.37")
def test_a_permission_of_the_wrong_type_is_found_by_a_call_and_named(online: Online) -> None:
    online.entra.apps["app"].roles.clear()  # it has delegated permissions alone, which the token of an app never shows
    fault = failed(online.config())
    assert (fault.stage, fault.fact) == (Stage.MAILBOX, "mailbox.ews_permission")
    assert codes(fault) == ["grant_full_access", "check_manifest", "grant_consent", "consent_takes_time"]
    assert "not EWS.AccessAsUser.All, which is a Delegated one" in advice(fault.causes[0])
    assert "contains no permissions" in fault.server_words


@pytest.mark.req("S4.70", "S4.11")
@pytest.mark.parametrize("code", ["ErrorAccessDenied", "ErrorImpersonateUserDenied"])
def test_a_mailbox_outside_of_the_apps_scope_is_said_to_be(online: Online, code: str) -> None:
    online.world.ews.next(ENDPOINT, refused("GetFolder", code))
    fault = failed(online.config())
    assert (fault.stage, fault.fact) == (Stage.MAILBOX, "mailbox.ews_scope")
    assert codes(fault)[:2] == ["ews_scope_app", "policy_takes_time"]
    assert fault.server_words.startswith(code)


@pytest.mark.req("S4.11", "S4.70")
def test_a_policy_or_the_switch_off_is_said_in_words(online: Online) -> None:
    online.world.ews.blocked.add(USER)
    fault = failed(online.config())
    assert (fault.stage, fault.fact) == (Stage.MAILBOX, "mailbox.ews_blocked")
    assert codes(fault)[:2] == ["ews_switched_off", "ews_scope_app"]


def test_a_dead_sign_in_asks_to_sign_in_again(online: Online) -> None:
    class Dead:
        def token(self, *, refused: str = "") -> str:
            raise ConnectorError(Reason.GRANT_DEAD, permanent=True)

    config = online.of_person(USER)
    fault = failed(replace(config, login=replace(config.login, tokens=Dead())))
    assert (fault.stage, fault.fact, codes(fault)[0]) == (Stage.TOKEN, "sign_in.token", "token_sign_in")


@pytest.mark.parametrize(
    ("answer", "fact", "first_cause"),
    [
        (refused("CreateItem", "ErrorAccessDenied"), "send.ews_draft_refused", "grant_full_access"),
        (Answer(status=502), "send.ews_trouble", "try_again"),
        (Fault.CUT, "send.ews_trouble", "try_again"),
    ],
)
def test_what_keeps_a_draft_from_being_made_is_said(
    online: Online, answer: Answer | Fault, fact: str, first_cause: str
) -> None:
    online.world.ews.next_at("CreateItem", answer)
    fault = failed(online.config())
    assert (fault.stage, fault.fact, codes(fault)[0]) == (Stage.SEND, fact, first_cause)


def test_who_may_not_send_as_the_address_is_said(online: Online) -> None:
    online.world.ews.next_at("SendItem", refused("SendItem", "ErrorSendAsDenied"))
    fault = failed(online.config(), test_mail=b"Message-ID: <t1@x.example>\r\n\r\nTest\r\n")
    assert (fault.stage, fault.fact, codes(fault)[0]) == (Stage.SEND, "send.ews_refused", "ews_send_as")
