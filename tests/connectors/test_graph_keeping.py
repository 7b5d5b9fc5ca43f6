"""Graph's HTTPS connection outlives a session: what the next one saves, and what it must not take for trouble."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph import GraphSource
from tests.connectors.graph_worlds import GraphWorld
from tests.connectors.shelf import Shelf
from tests.fakes.graph import TOKEN, FakeGraph, throttled
from tests.fakes.https import Fault
from tests.mailboxes.account import mail

INBOX = "/mailFolders/inbox"


@pytest.fixture
def world(graph: FakeGraph) -> GraphWorld:
    """A mailbox of the fake."""
    world = GraphWorld(graph, "help@fernhollow.example")
    graph.mailbox(world.user)
    return world


@pytest.fixture
def source(world: GraphWorld) -> GraphSource:
    """Its source, with a shelf behind it."""
    found = world.source()
    assert isinstance(found, GraphSource)
    return found.kept_by(Shelf())


def listed(source: GraphSource) -> list[RemoteItem]:
    """What one session sees."""
    with source.open() as session:
        return list(session.list_all(since=None))


def test_sessions_one_after_another_share_one_connection(source: GraphSource, world: GraphWorld) -> None:
    assert listed(source) == []
    world.mailbox.deliver(mail(1))
    assert len(listed(source)) == 1
    assert len({request.connection for request in world.graph.requests}) == 1


def test_a_kept_connection_that_the_server_closed_is_no_failure(source: GraphSource, world: GraphWorld) -> None:
    listed(source)
    world.graph.next(INBOX, Fault.CUT)
    assert listed(source) == []
    assert len({request.connection for request in world.graph.requests}) == 2


def test_a_new_connection_that_the_server_cuts_is_one(source: GraphSource, world: GraphWorld) -> None:
    world.graph.next(INBOX, Fault.CUT)
    with pytest.raises(ConnectorError) as error:
        listed(source)
    assert error.value.reason is Reason.CONNECTION_LOST


def test_after_trouble_nothing_is_kept(source: GraphSource, world: GraphWorld) -> None:
    world.graph.next(INBOX, throttled(30))
    with pytest.raises(ConnectorError):
        listed(source)
    assert isinstance(source.keeper, Shelf)
    assert source.keeper.held is None


def test_the_token_of_each_session_goes_with_its_own_calls(source: GraphSource, world: GraphWorld) -> None:
    listed(source)
    before = len(world.graph.requests)
    world.tokens.value = "another"
    world.graph.tokens["another"] = world.graph.tokens[TOKEN]
    listed(source)
    assert {request.bearer for request in world.graph.requests[before:]} == {"another"}


def test_another_mailbox_by_the_same_way_has_the_same_identity_and_another_proxy_has_not(source: GraphSource) -> None:
    other = GraphSource(replace(source.config, user="other@fernhollow.example"))
    assert other.identity == source.identity
    slower = replace(source.config, timeouts=replace(source.config.timeouts, read_s=1.0))
    assert GraphSource(slower).identity != source.identity
