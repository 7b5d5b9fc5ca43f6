"""Reading from Microsoft Graph: what only this kind has. What others do stands in the contract."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_client import segment
from tests.connectors.dated_reading import MB, fetched, listed, mail, refusal
from tests.connectors.graph_worlds import FixedToken, GraphWorld
from tests.fakes.graph import BLOCKED, FakeGraph, graph_error, throttled
from tests.fakes.graph_mailbox import FakeAttachment
from tests.fakes.https import Answer, Fault


@pytest.fixture
def world(graph: FakeGraph) -> GraphWorld:
    """A user with an empty mailbox."""
    world = GraphWorld(graph, "help@fernhollow.example")
    graph.mailbox(world.user)
    return world


# Listing.


@pytest.mark.req("F54", "F55")
def test_ids_stay_when_a_mail_is_moved_away_and_back(world: GraphWorld) -> None:
    item = world.mailbox.deliver(mail())
    with world.source().open() as session:
        before = listed(session)
        world.mailbox.move(item, world.mailbox.well_known["archive"])
        assert listed(session) == []
        assert session.still_there([before[0].remote_id]) == set()
        world.mailbox.move(item, world.mailbox.well_known["inbox"])
        assert listed(session) == before
    assert all('IdType="ImmutableId"' in request.headers["prefer"] for request in world.graph.requests)


def test_invitations_are_mail_and_chats_say_what_they_are(world: GraphWorld) -> None:
    world.mailbox.deliver(mail(1))
    world.mailbox.deliver(mail(2), odata_type="#microsoft.graph.eventMessageRequest")
    world.mailbox.deliver(mail(3), message_class="IPM.SkypeTeams.Message")
    world.mailbox.deliver(mail(4), message_class="REPORT.IPM.Note.NDR")
    with world.source().open() as session:
        assert [item.other_kind for item in listed(session)] == ["", "", "chat", ""]


def test_no_token_and_no_request_goes_to_the_host_that_a_next_link_names(world: GraphWorld, graph: FakeGraph) -> None:
    with FakeGraph(graph.authority) as foreign:
        for number in range(3):
            world.mailbox.deliver(mail(number))
        graph.page_size, graph.next_link_host = 2, foreign.host
        error = refusal(world)
        assert (error.reason, error.permanent, foreign.requests) == (Reason.PROTOCOL, False, [])


# Fetching.


def test_a_mail_that_graph_cannot_give_as_mime_is_built_from_its_parts(world: GraphWorld) -> None:
    inner = mail(7, b"inside")
    raw = (
        b"From: Ann <ann@x.example>\r\nTo: help@fernhollow.example\r\nMessage-ID: <big@x.example>\r\n"
        b"References: <a@x.example>\r\n <b@x.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hall\xc3\xb6 <img src='cid:logo'></p>\r\n"
    )
    attachments = [
        FakeAttachment("report.pdf", b"%PDF" + b"x" * 5000, media_type="application/pdf"),
        FakeAttachment("logo.png", b"\x89PNG", media_type="image/png", is_inline=True, content_id="logo"),
        FakeAttachment("A mail", inner, kind="item"),
        FakeAttachment("Ann", b"BEGIN:VCARD\r\nEND:VCARD\r\n", kind="item"),
        FakeAttachment("plans.docx", kind="reference"),
    ]
    world.mailbox.deliver(raw, has_mime=False, attachments=attachments)
    [result] = fetched(world)
    assert result.content is not None
    rebuilt = message_from_bytes(result.content, policy=policy.default)
    assert (rebuilt["Message-ID"], rebuilt["Subject"]) == ("<big@x.example>", "Grüße")
    assert rebuilt["References"].split() == ["<a@x.example>", "<b@x.example>"]
    assert "Hallö" in rebuilt.get_body(("html",)).get_content()
    parts = {part.get_filename(): part for part in rebuilt.iter_attachments()}
    assert set(parts) == {"report.pdf", "logo.png", "A mail.eml", "Ann.vcf", "plans.docx.txt"}
    assert parts["report.pdf"].get_content() == attachments[0].content
    assert parts["logo.png"]["Content-ID"] == "<logo>"
    assert parts["A mail.eml"].get_content() == inner


def test_a_mail_that_cannot_be_had_at_all_stops_no_other(world: GraphWorld, graph: FakeGraph) -> None:
    broken = world.mailbox.deliver(mail(1), has_mime=False)
    world.mailbox.deliver(mail(2))
    graph.next(f"/messages/{segment(broken.immutable_id)}", graph_error(500, "ErrorInternalServerError", "no"))
    first, second = fetched(world)
    assert first.error is not None
    assert (first.error.reason, first.error.permanent) == (Reason.MESSAGE_UNREADABLE, False)
    assert second.content == mail(2)


def test_trouble_of_graph_as_a_whole_is_no_mails_fault(world: GraphWorld, graph: FakeGraph) -> None:
    world.mailbox.deliver(mail())
    with world.source().open() as session:
        items = listed(session)
        for end in ("/$value", segment(items[0].remote_id), "/inbox"):
            graph.next(end, graph_error(502, "BadGateway"))
        with pytest.raises(ConnectorError) as caught:
            list(session.fetch(items, max_bytes=MB))
    assert (caught.value.reason, caught.value.permanent) == (Reason.SERVER_ERROR, False)


def test_parts_that_are_larger_than_the_limit_are_not_built_into_a_mail(world: GraphWorld) -> None:
    large = FakeAttachment("large.bin", b"x" * 30_000)
    world.mailbox.deliver(mail(), has_mime=False, attachments=[large])
    [result] = fetched(world, max_bytes=20_000)
    assert result.error is not None
    assert result.error.reason is Reason.TOO_LARGE


def test_the_header_of_a_sent_mail_is_told_from_its_properties(world: GraphWorld) -> None:
    raw = b"From: Ann <ann@x.example>\r\nTo: b@x.example\r\n" + mail()
    world.mailbox.deliver(raw, keeps_headers=False)
    with world.source().open() as session:
        [item] = listed(session)
        block = session.fetch_headers([item.remote_id])[item.remote_id]
    header = message_from_bytes(block)
    assert (header["Message-ID"], header["From"]) == ("<m1@x.example>", "Ann <ann@x.example>")


# Refusals.


@pytest.mark.parametrize(
    ("answer", "reason", "is_permanent", "retry_after_s"),
    [
        (throttled(17), Reason.THROTTLED, False, 17),
        (throttled(), Reason.THROTTLED, False, None),
        (graph_error(503, "ServiceUnavailable", Retry_After="9"), Reason.SERVER_ERROR, False, 9),
        (graph_error(504, "GatewayTimeout"), Reason.SERVER_ERROR, False, None),
        (graph_error(403, "ErrorAccessDenied", BLOCKED), Reason.ACCESS_BLOCKED, True, None),
        (graph_error(403, "Forbidden"), Reason.PERMISSION_MISSING, True, None),
        (graph_error(404, "MailboxNotEnabledForRESTAPI"), Reason.MAILBOX_NOT_ENABLED, True, None),
        (graph_error(404, "ResourceNotFound"), Reason.MAILBOX_NOT_ENABLED, True, None),
        (graph_error(404, "ErrorItemNotFound"), Reason.FOLDER_NOT_FOUND, True, None),
        (graph_error(404, "ErrorFolderNotFound"), Reason.FOLDER_NOT_FOUND, True, None),
        (graph_error(404, "Request_ResourceNotFound"), Reason.MAILBOX_NOT_FOUND, True, None),
        (graph_error(423, "ResourceLocked"), Reason.SERVER_ERROR, False, None),
        (Answer(status=302, headers={"Location": "https://elsewhere.example/"}), Reason.PROTOCOL, False, None),
        (Answer(status=404, content=b"<html>not found"), Reason.SERVER_ERROR, False, None),
        (Answer(content=b"[]"), Reason.PROTOCOL, False, None),
        (Answer(content=b"<html>"), Reason.PROTOCOL, False, None),
    ],
)
@pytest.mark.req("F67")
def test_each_refusal_has_its_reason(
    world: GraphWorld,
    graph: FakeGraph,
    answer: Answer,
    reason: Reason,
    is_permanent: bool,
    retry_after_s: float | None,
) -> None:
    graph.next("/mailFolders/inbox", answer)
    error = refusal(world)
    assert (error.reason, error.permanent, error.retry_after_s) == (reason, is_permanent, retry_after_s)


def test_a_refusal_keeps_the_words_and_the_id_that_support_asks_for(world: GraphWorld, graph: FakeGraph) -> None:
    graph.blocked.add(world.user)
    assert "Blocked by tenant" in refusal(world).detail
    assert "request 5f1b0f0c-1111-2222-3333-444455556666" in refusal(world).detail


def test_a_token_that_is_refused_is_renewed_once(world: GraphWorld, graph: FakeGraph) -> None:
    world.mailbox.deliver(mail())
    world.tokens = FixedToken("old", next_value=world.tokens.value)
    assert [result.content for result in fetched(world)] == [mail()]
    assert world.tokens.refused == ["old"]
    graph.tokens.clear()
    world.tokens = FixedToken("one", next_value="two")
    error = refusal(world)
    assert (error.reason, error.permanent) == (Reason.LOGIN_REFUSED, True)
    assert world.tokens.refused == ["one"]


def test_a_call_that_never_ends_is_given_up_in_time(world: GraphWorld, graph: FakeGraph) -> None:
    graph.next("/mailFolders/inbox", Fault.HANG)
    with pytest.raises(ConnectorError) as caught, world.source(timeouts=Timeouts(connect_s=5, read_s=0.3)).open():
        pass
    assert (caught.value.reason, caught.value.permanent) == (Reason.TIMEOUT, False)


def test_a_connection_that_is_cut_while_reading_is_made_again(world: GraphWorld, graph: FakeGraph) -> None:
    world.mailbox.deliver(mail())
    with world.source().open() as session:
        items = listed(session)
        graph.next("/$value", Fault.CUT)
        [result] = session.fetch(items, max_bytes=MB)
    assert result.content == mail()
