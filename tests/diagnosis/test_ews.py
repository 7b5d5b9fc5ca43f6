"""The test of an account on an Exchange server, against its fake: each thing that is wrong has its stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mailboxes.connectors.config import EwsConfig
from mailboxes.diagnosis.certificates import TrustOffer
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.plan import Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import advice, sentence, title
from tests.connectors.ews_worlds import ENDPOINT, EwsWorld, busy, ews_world
from tests.diagnosis.runs import causes, done
from tests.fakes.ews import FakeEws
from tests.fakes.https import Answer
from tests.servers.certificates import CertificateAuthority

USER = "help@fernhollow.example"
MAIL = b"Message-ID: <m1@x.example>\r\nSubject: Hello\r\n\r\nHello\r\n"


@pytest.fixture
def world(certificate_authority: CertificateAuthority) -> Iterator[EwsWorld]:
    """A user with one mail on a running fake."""
    with FakeEws(certificate_authority) as running:
        world = ews_world(running, USER)
        world.deliver(MAIL)
        yield world


def run(config: EwsConfig) -> list[StageResult]:
    results = list(run_connection_test(plan_for("ews", config, trial=Trial(USER))))
    for result in results:
        assert sentence(result)
        assert title(result)
        assert all(advice(cause) for cause in result.causes)
    return results


def failed(config: EwsConfig) -> StageResult:
    [fault] = [result for result in run(config) if result.state is State.FAIL]
    assert fault.causes
    return fault


def codes(fault: StageResult) -> list[str]:
    return [code for code, _field in causes(fault)]


@pytest.mark.req("S1.39", "S4.9")
def test_an_account_that_may_all_passes_every_stage_and_leaves_no_trace(world: EwsWorld) -> None:
    results = done(run(world.config()))
    reading = (Stage.RESOLVE, Stage.CONNECT, Stage.TLS, Stage.SIGN_IN, Stage.FOLDER, Stage.READ)
    assert [results[stage].state for stage in reading if stage is not Stage.TLS] == [State.OK] * 5
    assert results[Stage.TLS].state in (State.OK, State.WARN)  # certificates of the test end soon
    assert results[Stage.SEND].state is State.SKIP
    assert "INBOX" in results[Stage.FOLDER].evidence["folders"]  # type: ignore[operator]  # names
    assert {"UpdateItem", "CreateItem", "MoveItem", "DeleteItem"}.isdisjoint(world.ews.operations)
    assert [stored.flags for stored in world.messages()] == [frozenset()]


def test_an_empty_folder_is_said(world: EwsWorld) -> None:
    world.mailbox.items.clear()
    results = done(run(world.config()))
    assert (results[Stage.FOLDER].fact, results[Stage.READ].fact) == ("folder.ok_empty", "read.empty")


@pytest.mark.parametrize(
    ("changes", "fact", "first_causes"),
    [
        ({"password": "wrong"}, "sign_in.refused", ["check_password", "ews_username"]),
        ({"user": "nobody@fernhollow.example"}, "sign_in.ews_no_mailbox", ["ews_address", "ews_access"]),
        ({"user": "shared@fernhollow.example"}, "sign_in.ews_no_access", ["ews_access", "ews_address"]),
    ],
)
def test_what_is_wrong_with_the_account_is_told_apart(
    world: EwsWorld, changes: dict[str, str], fact: str, first_causes: list[str]
) -> None:
    world.ews.mailbox("shared@fernhollow.example")
    config = world.config()
    login = replace(config.login, password=changes.pop("password", config.login.password))
    fault = failed(replace(config, login=login, **changes))
    assert (fault.stage, fault.fact, codes(fault)[:2]) == (Stage.SIGN_IN, fact, first_causes)


@pytest.mark.parametrize(
    ("answer", "fact", "first_cause"),
    [
        (Answer(status=403), "sign_in.disabled", "switch_on_ews"),
        (Answer(status=404), "sign_in.ews_elsewhere", "check_spelling"),
        (busy(3000), "sign_in.throttled", "try_again"),
        (Answer(status=503), "sign_in.trouble", "try_again"),
    ],
)
def test_what_is_wrong_with_the_server_is_told_apart(
    world: EwsWorld, answer: Answer, fact: str, first_cause: str
) -> None:
    world.ews.next(ENDPOINT, answer)
    fault = failed(world.config())
    assert (fault.stage, fault.fact, codes(fault)[0]) == (Stage.SIGN_IN, fact, first_cause)


def test_a_folder_that_is_missing_shows_those_that_are_there(world: EwsWorld) -> None:
    fault = failed(world.config(folder="Nowhere"))
    assert (fault.stage, fault.fact) == (Stage.FOLDER, "folder.missing")
    assert {"INBOX", "Sent"} <= set(fault.evidence["folders"])  # type: ignore[call-overload]  # names


def test_a_mail_that_cannot_be_read_is_said(world: EwsWorld) -> None:
    world.mailbox.items[0].has_mime = False
    fault = failed(world.config())
    assert (fault.stage, fault.fact) == (Stage.READ, "read.trouble")


def test_a_certificate_for_another_name_is_said(certificate_authority: CertificateAuthority, world: Any) -> None:
    certificate = certificate_authority.issue("mail.elsewhere.example")
    with FakeEws(certificate_authority, certificate=certificate) as other:
        fault = failed(ews_world(other, USER).config())
    assert (fault.stage, fault.fact) == (Stage.TLS, "tls.name")


@pytest.mark.req("S4.47")
def test_a_self_signed_certificate_is_offered_to_be_trusted_by_its_fingerprint(
    certificate_authority: CertificateAuthority,
) -> None:
    certificate = certificate_authority.self_signed("mail.inside.example")
    with FakeEws(certificate_authority, certificate=certificate) as server:
        config = ews_world(server, USER).config()
        fault = failed(config)
        offer = fault.evidence["offer"]
        assert isinstance(offer, TrustOffer)
        assert (fault.fact, offer.port, offer.certificate.sha256) == (
            "tls.self_signed",
            server.port,
            certificate.sha256,
        )
        assert "trust_certificate" in codes(fault)
        trusting = replace(config, login=replace(config.login, trusted_sha256=certificate.sha256))
        assert done(run(trusting))[Stage.TLS].fact == "tls.trusted"
