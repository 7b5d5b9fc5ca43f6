"""Sending through Microsoft Graph: a draft, the mark with its id, one call that sends it, and what proves it."""

from __future__ import annotations

import pytest

from mailboxes.connectors.base import Became
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.draft_sending import Marks, drafts, reply, send, states
from tests.connectors.graph_worlds import GraphWorld
from tests.fakes.graph import READ, READ_WRITE, FakeGraph

MB = 1024 * 1024


@pytest.fixture
def world(graph: FakeGraph) -> GraphWorld:
    """A user with an empty mailbox."""
    world = GraphWorld(graph, "help@fernhollow.example")
    graph.mailbox(world.user)
    return world


@pytest.mark.req("F66")
def test_a_reply_leaves_from_its_mailbox_with_its_thread_and_its_id(world: GraphWorld) -> None:
    marks, raw = Marks(), reply()
    assert states(send(world, raw=raw, marks=marks)) == {"sent"}
    [sent] = world.graph.sent
    assert sent.raw == raw
    assert (sent.sender, sent.recipients) == (world.user, ("bob@y.example", "cat@y.example"))
    assert sent.message_id == "<r1@fernhollow.example>"
    [(accepted, handle)] = marks
    assert accepted == ["bob@y.example", "cat@y.example"]
    assert world.sender().what_became_of(handle) is Became.SENT
    assert world.source().find_in_sent("r1@fernhollow.example")
    assert world.source().file_sent(reply()) == "Gesendete Elemente"
    assert drafts(world) == []


def test_who_stands_in_no_header_is_bcc_and_who_is_not_meant_gets_nothing(world: GraphWorld) -> None:
    send(world, to=["BOB@y.example", "dan@y.example"])
    [sent] = world.graph.sent
    assert sent.recipients == ("bob@y.example", "dan@y.example")


@pytest.mark.parametrize("sizes", [(2_500_000,), (3_000_000,), (9_000_000, 100, 2_900_000)])
def test_a_large_mail_goes_in_pieces_and_keeps_thread_text_and_pictures(world: GraphWorld, sizes: list[int]) -> None:
    contents = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    raw = reply(attachments=contents, logo=b"\x89PNG")
    assert states(send(world, raw=raw, timeouts=Timeouts())) == {"sent"}
    [sent] = world.graph.sent
    assert b"In-Reply-To: <q1@y.example>" in sent.raw
    assert b"<p>Hello" in sent.raw
    by_name = {attachment.name: attachment for attachment in sent.attachments}
    assert [by_name[f"Anhänge {number}.pdf"].content for number in range(len(sizes))] == contents
    assert by_name["Anhänge 0.pdf"].media_type == "application/pdf"
    logo = by_name["logo.png"]
    assert (logo.content, logo.is_inline, logo.content_id) == (b"\x89PNG", True, "logo")
    uploads = [request for request in world.graph.requests if "/uploads/" in request.path]
    assert not any("authorization" in request.headers for request in uploads)


@pytest.mark.parametrize(
    "raw", [reply(text="x" * 3_000_000), b"Content-Type: multipart/signed\r\n\r\n" + b"x" * 3 * MB]
)
def test_a_text_or_seal_too_large_for_a_request_is_not_offered(world: GraphWorld, raw: bytes) -> None:
    with pytest.raises(ConnectorError) as caught:
        send(world, raw=raw)
    assert (caught.value.reason, caught.value.permanent) == (Reason.TOO_LARGE, True)
    assert world.graph.sent == []


def test_a_mail_above_the_tenants_limit_is_refused_for_good_and_leaves_nothing_behind(world: GraphWorld) -> None:
    with pytest.raises(ConnectorError) as caught:
        send(world, raw=reply(attachments=[b"x" * 20 * MB, b"y" * 20 * MB]), timeouts=Timeouts())
    assert (caught.value.reason, caught.value.permanent) == (Reason.TOO_LARGE, True)
    assert (drafts(world), world.graph.sent) == ([], [])


def test_an_upload_to_a_foreign_host_gets_neither_token_nor_content(world: GraphWorld, graph: FakeGraph) -> None:
    with FakeGraph(graph.authority) as foreign:
        graph.attachments.upload_host = foreign.host
        with pytest.raises(ConnectorError) as caught:
            send(world, raw=reply(attachments=[b"x" * 4 * MB]))
        assert foreign.requests == []
    assert caught.value.reason is Reason.PROTOCOL


@pytest.mark.parametrize(("granted", "path"), [(READ, "/messages"), (READ_WRITE, "/send")])
def test_a_missing_permission_is_about_us_and_not_about_the_mail(
    world: GraphWorld, graph: FakeGraph, granted: str, path: str
) -> None:
    graph.tokens = {world.tokens.value: frozenset({granted})}
    with pytest.raises(ConnectorError) as caught:
        send(world)
    assert (caught.value.reason, caught.value.permanent) == (Reason.PERMISSION_MISSING, True)
    assert graph.requests[-1].path.endswith(path)


def test_a_check_sends_nothing_and_says_what_is_wrong(world: GraphWorld, graph: FakeGraph) -> None:
    world.sender().check()
    graph.blocked.add(world.user)
    with pytest.raises(ConnectorError) as caught:
        world.sender().check()
    assert caught.value.reason is Reason.ACCESS_BLOCKED
    assert graph.sent == []
