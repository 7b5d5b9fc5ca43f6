"""What every sender does that sends through a draft: the mark has its id, and the draft tells what came of an answer.

What only one of them has stands in test_graph_sending and test_ews_sending.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailboxes.connectors.base import Became
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.draft_sending import USER, DraftWorld, Marks, drafts, reply, send, states
from tests.connectors.ews_worlds import busy, ews_world, refused
from tests.connectors.graph_worlds import graph_world
from tests.fakes.graph import graph_error, throttled
from tests.fakes.https import Answer, Fault


@pytest.fixture(params=["graph", "ews"])
def world(request: pytest.FixtureRequest) -> DraftWorld:
    """A user with an empty mailbox, of each kind."""
    made: DraftWorld = {"graph": graph_world, "ews": ews_world}[request.param](
        request.getfixturevalue(request.param), USER
    )
    return made


def test_nothing_is_sent_and_nothing_left_behind_if_the_mark_cannot_be_set(world: DraftWorld) -> None:
    def fail(accepted: Sequence[str], *, handle: str = "") -> None:
        raise LookupError

    with pytest.raises(LookupError):
        world.sender().send(reply(), mail_from=USER, recipients=["bob@y.example"], before_data=fail)
    assert (world.sent, drafts(world)) == ([], [])


@pytest.mark.req("F106")
@pytest.mark.parametrize(
    ("world", "fault", "became"),
    [
        ("graph", Fault.CUT, Became.UNSENT),
        ("graph", Fault.CUT_AFTER, Became.SENT),
        ("graph", Fault.HANG, Became.UNSENT),
        ("graph", graph_error(500, "ErrorInternalServerError"), Became.UNSENT),
        ("graph", graph_error(504, "GatewayTimeout"), Became.UNSENT),
        ("graph", Answer(status=200), Became.UNSENT),
        ("ews", Fault.CUT, Became.UNSENT),
        ("ews", Fault.CUT_AFTER, Became.SENT),
        ("ews", Fault.HANG, Became.UNSENT),
        ("ews", refused("SendItem", "ErrorInternalServerError"), Became.UNSENT),
        ("ews", refused("SendItem", "ErrorStaleObject"), Became.UNSENT),
        ("ews", Answer(status=504), Became.UNSENT),
        ("ews", Answer(content=b"<html>"), Became.UNSENT),
    ],
    indirect=["world"],
)
def test_an_answer_that_is_none_is_unknown_until_the_draft_is_asked(
    world: DraftWorld, fault: Answer | Fault, became: Became
) -> None:
    marks = Marks()
    world.next_send(fault)
    assert states(send(world, marks=marks)) == {"unknown"}
    assert world.sender().what_became_of(marks[0][1]) is became


@pytest.mark.req("F106")
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_AFTER])
def test_another_attempt_takes_the_earlier_draft_up_so_that_it_goes_out_once(world: DraftWorld, fault: Fault) -> None:
    marks = Marks()
    world.next_send(fault)
    send(world, marks=marks)
    assert states(send(world, marks=marks, earlier=marks[0][1])) == {"sent"}
    assert len(world.sent) == 1
    assert {handle for _, handle in marks} == {marks[0][1]}
    assert drafts(world) == []


def test_an_earlier_draft_goes_to_those_of_the_attempt_and_to_nobody_else(world: DraftWorld) -> None:
    marks = Marks()
    world.next_send(Fault.CUT)
    send(world, marks=marks)
    assert states(send(world, earlier=marks[0][1], to=["eve@y.example"])) == {"sent"}
    assert [sent.recipients for sent in world.sent] == [("eve@y.example",)]


def test_a_draft_that_somebody_removed_is_made_anew(world: DraftWorld) -> None:
    marks = Marks()
    world.next_send(Fault.CUT)
    send(world, marks=marks)
    world.mailbox.items.clear()
    assert world.sender().what_became_of(marks[0][1]) is Became.UNKNOWN
    assert states(send(world, earlier=marks[0][1])) == {"sent"}


def test_what_an_attempt_left_that_died_before_its_mark_is_removed(world: DraftWorld) -> None:
    world.next_draft(Fault.CUT_AFTER)
    with pytest.raises(ConnectorError) as caught:
        send(world)
    assert not caught.value.permanent
    assert len(drafts(world)) == 1
    assert states(send(world, earlier="")) == {"sent"}
    assert (len(world.sent), drafts(world)) == (1, [])


@pytest.mark.parametrize(
    ("world", "answer", "state", "reason"),
    [
        ("graph", graph_error(400, "ErrorInvalidRecipients"), "failed", Reason.RECIPIENT_REFUSED),
        ("graph", graph_error(403, "ErrorSendAsDenied"), "failed", Reason.SENDER_REFUSED),
        ("graph", graph_error(413, "RequestEntityTooLarge"), "failed", Reason.TOO_LARGE),
        ("graph", graph_error(507, "ErrorQuotaExceeded"), "unknown", Reason.SERVER_ERROR),
        ("graph", graph_error(403, "ErrorQuotaExceeded"), "retry", Reason.MAILBOX_FULL),
        ("graph", throttled(30), "retry", Reason.THROTTLED),
        ("graph", graph_error(503, "ServiceUnavailable", Retry_After="5"), "retry", Reason.SERVER_ERROR),
        ("ews", refused("SendItem", "ErrorInvalidRecipients"), "failed", Reason.RECIPIENT_REFUSED),
        ("ews", refused("SendItem", "ErrorSendAsDenied"), "failed", Reason.SENDER_REFUSED),
        ("ews", refused("SendItem", "ErrorMessageSizeExceeded"), "failed", Reason.TOO_LARGE),
        ("ews", refused("SendItem", "ErrorQuotaExceeded"), "retry", Reason.MAILBOX_FULL),
        ("ews", refused("SendItem", "ErrorSubmissionQuotaExceeded"), "retry", Reason.THROTTLED),
        ("ews", busy(7000), "retry", Reason.THROTTLED),
        ("ews", Answer(status=503, headers={"Retry-After": "5"}), "retry", Reason.SERVER_ERROR),
    ],
    indirect=["world"],
)
def test_a_refusal_to_send_has_its_state_and_reason(
    world: DraftWorld, answer: Answer, state: str, reason: Reason
) -> None:
    world.next_send(answer)
    result = send(world)
    assert states(result) == {state}
    assert {recipient.reason for recipient in result.recipients.values()} == {reason}
    assert len(drafts(world)) == (0 if state == "failed" else 1)
