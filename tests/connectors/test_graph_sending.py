"""Sending through Microsoft Graph: a draft, the mark with its id, one call that sends it, and what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mailboxes.connectors.base import Became, SendResult
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.graph_worlds import GraphWorld
from tests.fakes.graph import READ, READ_WRITE, FakeGraph, graph_error, throttled
from tests.fakes.graph_mailbox import FakeItem
from tests.fakes.https import Answer, Fault

QUICK = Timeouts(connect_s=5, read_s=0.4)
MB = 1024 * 1024


@pytest.fixture
def world(graph: FakeGraph) -> GraphWorld:
    """A user with an empty mailbox."""
    world = GraphWorld(graph, "help@fernhollow.example")
    graph.mailbox(world.user)
    return world


def reply(*, attachments: Sequence[bytes] = (), text: str = "Hello", logo: bytes = b"") -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Help <help@fernhollow.example>"
    mail["To"] = "Bob <bob@y.example>"
    mail["Cc"] = "cat@y.example"
    mail["Subject"] = "Re: number 1"
    mail["Message-ID"] = "<r1@fernhollow.example>"
    mail["In-Reply-To"] = "<q1@y.example>"
    mail["References"] = "<q0@y.example> <q1@y.example>"
    mail.set_content(text)
    mail.add_alternative(f"<p>{text} <img src='cid:logo'></p>", subtype="html")
    if logo:
        html = mail.get_payload()[1]
        html.add_related(logo, "image", "png", cid="<logo>", filename="logo.png", disposition="inline")
    for number, content in enumerate(attachments):
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=f"Anhänge {number}.pdf")
    return mail.as_bytes()


class Marks(list[tuple[list[str], str]]):
    """What `before_data` was told."""

    def __call__(self, accepted: Sequence[str], *, handle: str = "") -> None:
        self.append((list(accepted), handle))


def send(
    world: GraphWorld,
    *,
    raw: bytes = b"",
    to: Sequence[str] = ("bob@y.example", "cat@y.example"),
    marks: Marks | None = None,
    earlier: str | None = None,
    timeouts: Timeouts = QUICK,
) -> SendResult:
    return world.sender(timeouts=timeouts).send(
        raw or reply(),
        mail_from=world.user,
        recipients=to,
        before_data=Marks() if marks is None else marks,
        earlier=earlier,
    )


def states(result: SendResult) -> set[str]:
    return {str(recipient.state) for recipient in result.recipients.values()}


def drafts(world: GraphWorld) -> list[FakeItem]:
    return world.mailbox.held(world.mailbox.well_known["drafts"])


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
        graph.upload_host = foreign.host
        with pytest.raises(ConnectorError) as caught:
            send(world, raw=reply(attachments=[b"x" * 4 * MB]))
        assert foreign.requests == []
    assert caught.value.reason is Reason.PROTOCOL


def test_nothing_is_sent_and_nothing_left_behind_if_the_mark_cannot_be_set(world: GraphWorld) -> None:
    def fail(accepted: Sequence[str], *, handle: str = "") -> None:
        raise LookupError

    with pytest.raises(LookupError):
        world.sender().send(reply(), mail_from=world.user, recipients=["bob@y.example"], before_data=fail)
    assert (world.graph.sent, drafts(world)) == ([], [])


@pytest.mark.req("F106")
@pytest.mark.parametrize(
    ("fault", "became"),
    [
        (Fault.CUT, Became.UNSENT),
        (Fault.CUT_AFTER, Became.SENT),
        (Fault.HANG, Became.UNSENT),
        (graph_error(500, "ErrorInternalServerError"), Became.UNSENT),
        (graph_error(504, "GatewayTimeout"), Became.UNSENT),
        (Answer(status=200), Became.UNSENT),
    ],
)
def test_an_answer_that_is_none_is_unknown_until_the_draft_is_asked(
    world: GraphWorld, graph: FakeGraph, fault: Answer | Fault, became: Became
) -> None:
    marks = Marks()
    graph.next("/send", fault)
    assert states(send(world, marks=marks)) == {"unknown"}
    assert world.sender().what_became_of(marks[0][1]) is became


@pytest.mark.req("F106")
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_AFTER])
def test_another_attempt_takes_the_earlier_draft_up_so_that_it_goes_out_once(
    world: GraphWorld, graph: FakeGraph, fault: Fault
) -> None:
    marks = Marks()
    graph.next("/send", fault)
    send(world, marks=marks)
    assert states(send(world, marks=marks, earlier=marks[0][1])) == {"sent"}
    assert len(graph.sent) == 1
    assert {handle for _, handle in marks} == {marks[0][1]}
    assert drafts(world) == []


def test_a_draft_that_somebody_removed_is_made_anew(world: GraphWorld, graph: FakeGraph) -> None:
    marks = Marks()
    graph.next("/send", Fault.CUT)
    send(world, marks=marks)
    world.mailbox.items.clear()
    assert world.sender().what_became_of(marks[0][1]) is Became.UNKNOWN
    assert states(send(world, earlier=marks[0][1])) == {"sent"}


def test_what_an_attempt_left_that_died_before_its_mark_is_removed(world: GraphWorld, graph: FakeGraph) -> None:
    graph.next("/messages", Fault.CUT_AFTER)
    with pytest.raises(ConnectorError) as caught:
        send(world)
    assert not caught.value.permanent
    assert len(drafts(world)) == 1
    assert states(send(world, earlier="")) == {"sent"}
    assert (len(graph.sent), drafts(world)) == (1, [])


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (graph_error(400, "ErrorInvalidRecipients"), "failed", Reason.RECIPIENT_REFUSED),
        (graph_error(403, "ErrorSendAsDenied"), "failed", Reason.SENDER_REFUSED),
        (graph_error(413, "RequestEntityTooLarge"), "failed", Reason.TOO_LARGE),
        (graph_error(507, "ErrorQuotaExceeded"), "unknown", Reason.SERVER_ERROR),
        (graph_error(403, "ErrorQuotaExceeded"), "retry", Reason.MAILBOX_FULL),
        (throttled(30), "retry", Reason.THROTTLED),
        (graph_error(503, "ServiceUnavailable", Retry_After="5"), "retry", Reason.SERVER_ERROR),
    ],
)
def test_a_refusal_to_send_has_its_state_and_reason(
    world: GraphWorld, graph: FakeGraph, answer: Answer, state: str, reason: Reason
) -> None:
    graph.next("/send", answer)
    result = send(world)
    assert states(result) == {state}
    assert {recipient.reason for recipient in result.recipients.values()} == {reason}
    assert len(drafts(world)) == (0 if state == "failed" else 1)


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
