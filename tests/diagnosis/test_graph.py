"""The test of a registered app at Microsoft, against the fake of Graph: each thing that is wrong has its stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.plan import Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import advice, sentence, title
from tests.connectors.graph_worlds import GraphWorld, cloud_at, signed_in, signed_in_for
from tests.diagnosis.runs import causes, done
from tests.fakes.graph import READ, READ_WRITE, FakeGraph, graph_error, throttled
from tests.servers.certificates import CertificateAuthority

USER = "help@fernhollow.example"
TEST_MAIL = b"From: help@fernhollow.example\r\nMessage-ID: <test@fernhollow.example>\r\nSubject: Test\r\n\r\nTest\r\n"
MAIL = b"Message-ID: <m1@x.example>\r\nSubject: Hello\r\n\r\nHello\r\n"


@pytest.fixture
def graph(certificate_authority: CertificateAuthority) -> Iterator[FakeGraph]:
    """The running fake."""
    with FakeGraph(certificate_authority) as running:
        yield running


@pytest.fixture
def world(graph: FakeGraph) -> GraphWorld:
    """A user with one mail."""
    world = GraphWorld(graph, USER)
    world.mailbox.deliver(MAIL)
    return world


class Refusing:
    """A token source that the provider refuses."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason

    def token(self, *, refused: str = "") -> str:
        raise ConnectorError(self.reason, permanent=True, detail="AADSTS7000215: Invalid client secret provided.")


def run(config: GraphConfig, *, test_mail: bytes | None = None) -> list[StageResult]:
    results = list(run_connection_test(plan_for("graph", config, trial=Trial(USER, test_mail=test_mail))))
    for result in results:
        assert sentence(result)
        assert title(result)
        assert all(advice(cause) for cause in result.causes)
    return results


def failed(config: GraphConfig, *, test_mail: bytes | None = None) -> StageResult:
    [fault] = [result for result in run(config, test_mail=test_mail) if result.state is State.FAIL]
    assert fault.causes
    return fault


@pytest.mark.req("S1.39")
def test_an_app_that_may_all_passes_every_stage_and_leaves_no_trace(world: GraphWorld) -> None:
    results = done(run(world.config()))
    assert [(stage, result.state) for stage, result in results.items()] == [
        (stage, State.OK)
        for stage in (
            Stage.RESOLVE,
            Stage.CONNECT,
            Stage.TLS,
            Stage.TOKEN,
            Stage.MAILBOX,
            Stage.FOLDER,
            Stage.READ,
            Stage.SEND,
        )
    ]
    assert "INBOX" in results[Stage.FOLDER].evidence["folders"]  # type: ignore[operator]  # names
    assert world.graph.sent == []
    assert world.mailbox.held(world.mailbox.well_known["drafts"]) == []
    assert [item.is_read for item in world.mailbox.held(world.mailbox.well_known["inbox"])] == [False]


def test_a_test_mail_is_sent_to_the_mailbox_and_seen_there(world: GraphWorld) -> None:
    results = done(run(world.config(), test_mail=TEST_MAIL))
    assert results[Stage.SEND].evidence == {"came_back": True}
    assert [sent.recipients for sent in world.graph.sent] == [(USER,)]


@pytest.mark.req("S1.31")
@pytest.mark.parametrize(
    ("reason", "fact", "first"),
    [
        (Reason.APP_SECRET_WRONG, "token.secret", ("secret_value", "client_secret")),
        (Reason.APP_SECRET_EXPIRED, "token.secret_expired", ("new_secret", "client_secret")),
        (Reason.APP_UNKNOWN, "token.app", ("check_client", "client_id")),
        (Reason.TENANT_UNKNOWN, "token.tenant", ("check_tenant", "tenant")),
        (Reason.CLOUD_WRONG, "token.cloud", ("check_cloud", "cloud")),
        (Reason.CONSENT_MISSING, "token.consent", ("grant_consent", "")),
        (Reason.SIGN_IN_BLOCKED, "token.policy", ("conditional_access", "")),
        (Reason.RESOURCE_MISSING, "token.resource", ("check_licence", "")),
        (Reason.TIMEOUT, "token.unreachable", ("firewall", "")),
        (Reason.PROTOCOL, "token.refused", ("check_tenant", "tenant")),
    ],
)
def test_what_microsoft_says_of_the_app_leads_to_the_field_that_mends_it(
    world: GraphWorld, reason: Reason, fact: str, first: tuple[str, str]
) -> None:
    fault = failed(replace(world.config(), tokens=Refusing(reason)))
    assert (fault.stage, fault.fact, causes(fault)[0]) == (Stage.TOKEN, fact, first)
    assert "AADSTS7000215" in fault.server_words


@pytest.mark.parametrize(
    ("spoil", "fact", "first"),
    [
        ({"tokens": {}}, "mailbox.token", ("check_cloud", "cloud")),
        ({"granted": frozenset()}, "mailbox.permission", ("grant_permissions", "")),
        ({"blocked": {USER}}, "mailbox.blocked", ("scope_app", "")),
        ({"unlicensed": {USER}}, "mailbox.not_enabled", ("check_licence", "")),
        ({"mailboxes": {}}, "mailbox.unknown", ("check_mailbox", "address")),
    ],
)
def test_permission_is_probed_and_each_way_to_lack_it_is_told_apart(
    world: GraphWorld, graph: FakeGraph, spoil: dict[str, Any], fact: str, first: tuple[str, str]
) -> None:
    config = world.config()
    if "granted" in spoil:
        spoil = {"tokens": {world.tokens.value: spoil["granted"]}}
    for name, value in spoil.items():
        setattr(graph, name, value)
    fault = failed(config)
    assert (fault.stage, fault.fact, causes(fault)[0]) == (Stage.MAILBOX, fact, first)


def test_reading_alone_is_told_from_reading_and_writing(world: GraphWorld, graph: FakeGraph) -> None:
    graph.tokens = {world.tokens.value: frozenset({READ})}
    fault = failed(world.config())
    assert (fault.stage, fault.fact) == (Stage.SEND, "send.draft_refused")


@pytest.mark.req("S1.27")
def test_two_of_the_six_permissions_suffice_and_without_sending_it_is_said(world: GraphWorld, graph: FakeGraph) -> None:
    graph.tokens = {world.tokens.value: frozenset({READ_WRITE})}
    assert not [result for result in run(world.config()) if result.state is State.FAIL]
    fault = failed(world.config(), test_mail=TEST_MAIL)
    assert (fault.fact, causes(fault)[0]) == ("send.graph_refused", ("grant_send", ""))


def test_a_folder_that_is_missing_is_told_with_those_there_are(world: GraphWorld) -> None:
    fault = failed(world.config(folder="Orders"))
    assert (fault.stage, fault.fact, causes(fault)) == (Stage.FOLDER, "folder.missing", [("pick_folder", "folder")])
    assert "INBOX" in fault.evidence["folders"]  # type: ignore[operator]  # names


def test_an_empty_folder_is_no_failure(world: GraphWorld) -> None:
    world.mailbox.items.clear()
    assert done(run(world.config()))[Stage.READ].fact == "read.empty"


def test_a_mail_that_cannot_be_read_fails_the_stage_of_reading(world: GraphWorld, graph: FakeGraph) -> None:
    graph.next("/$value", throttled(5))
    fault = failed(world.config())
    assert (fault.stage, fault.fact) == (Stage.READ, "read.trouble")


def test_trouble_at_microsoft_is_called_so(world: GraphWorld, graph: FakeGraph) -> None:
    graph.next("/mailFolders/inbox", graph_error(503, "ServiceUnavailable"))
    fault = failed(world.config())
    assert (fault.fact, causes(fault)) == ("mailbox.trouble", [("try_again", "")])


def test_a_certificate_that_is_not_microsofts_means_that_something_is_in_between(world: GraphWorld) -> None:
    fault = failed(replace(world.config(), ca_file=""))
    assert (fault.stage, fault.fact, causes(fault)[0]) == (Stage.TLS, "tls.intercepted", ("interception", ""))


def test_a_cloud_that_cannot_be_reached_or_found_names_no_field(world: GraphWorld, graph: FakeGraph) -> None:
    config = world.config()
    graph.stop()
    fault = failed(config)
    assert (fault.stage, causes(fault)[0]) == (Stage.CONNECT, ("firewall", ""))
    nowhere = failed(replace(config, hosts=cloud_at("graph.invalid")))
    assert (nowhere.stage, causes(nowhere)[0]) == (Stage.RESOLVE, ("firewall", ""))


# By somebody who signed in.

ANN = "ann@fernhollow.example"


@pytest.mark.parametrize(
    ("opened", "error", "at", "fact"),
    [
        (signed_in, graph_error(403, "ErrorAccessDenied"), "/mailFolders/inbox", "mailbox.permission_person"),
        (signed_in, graph_error(404, "Request_ResourceNotFound"), "/mailFolders/inbox", "mailbox.unknown_person"),
        (signed_in, graph_error(404, "MailboxNotEnabledForRESTAPI"), "/mailFolders/inbox", "mailbox.not_enabled"),
        (signed_in, graph_error(403, "ErrorAccessDenied"), "/me/messages", "send.draft_refused_person"),
        (signed_in_for, graph_error(403, "ErrorAccessDenied"), "/mailFolders/inbox", "mailbox.not_shared"),
        (signed_in_for, graph_error(404, "ErrorItemNotFound"), "/mailFolders/inbox", "mailbox.not_shared"),
    ],
)
def test_what_a_person_lacks_is_told_by_what_graph_answers(
    world: GraphWorld, opened: Any, error: Any, at: str, fact: str
) -> None:
    opened(world)
    world.graph.next(at, error)
    assert failed(world.config()).fact == fact


def test_a_person_who_may_not_send_as_the_mailbox_is_told_so(world: GraphWorld) -> None:
    signed_in_for(world, ANN)
    world.graph.no_send_as.add(ANN)
    fault = failed(world.config(), test_mail=TEST_MAIL)
    assert (fault.fact, fault.causes[0].code) == ("send.person_refused", "share_sending")
    assert ANN in sentence(fault)
