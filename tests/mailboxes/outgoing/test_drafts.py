"""Delivery through a draft, over Graph and over Exchange Web Services: the handle of the mark tells what came of a lost
answer, whoever dies. What only one of them has stands in test_graph and test_ews.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.models import Installation, WorkItem
from mailboxes.models import FilingState
from mailboxes.services.sending import settling
from tests.connectors.ews_worlds import busy, refused
from tests.deaths import dies_at
from tests.factories.outgoing import queue_mail
from tests.fakes.graph import graph_error, throttled
from tests.fakes.https import Answer, Fault
from tests.mailboxes.dated import USER
from tests.mailboxes.outgoing.drafts import Desk, look, state_of
from tests.mailboxes.outgoing.mails import ANNA, BO, Deliver, States, due_again

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(params=["graph", "ews"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """A mailbox of each kind."""
    made: Desk = request.getfixturevalue(f"{request.param}_desk")
    return made


@pytest.mark.req("F66")
def test_a_mail_leaves_from_its_mailbox_and_nothing_is_filed_twice(
    desk: Desk, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(desk.mailbox.outgoing, to=[ANNA, BO], mailbox=desk.mailbox)
    deliver_all()
    assert states(outbox) == {ANNA: "sent", BO: "sent"}
    assert [(sent.sender, sent.recipients) for sent in desk.sent] == [(USER, (ANNA, BO))]
    assert (state_of(outbox), outbox.filing) == (("sent", False), FilingState.NONE)
    [copy] = desk.box.held(desk.box.well_known["sentitems"])
    assert copy.internet_message_id == f"<{outbox.message_id}>"


@pytest.mark.req("F106")
@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.HANG])
def test_an_answer_that_never_comes_is_unknown_until_the_mailbox_tells(
    desk: Desk, deliver_all: Deliver, fault: Fault, settings: Any
) -> None:
    settings.MAIL_READ_TIMEOUT_S = 0.5
    desk.next_send(fault)
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    deliver_all()
    assert state_of(outbox) == ("unknown", True)
    look(times=2)
    deliver_all()
    assert state_of(outbox)[0] == "sent"
    assert len(desk.sent) == 1


@pytest.mark.req("F106")
def test_unsent_is_not_believed_at_the_first_look(desk: Desk, deliver_all: Deliver) -> None:
    desk.next_send(Fault.CUT)
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    deliver_all()
    look()
    assert state_of(outbox) == ("unknown", True)
    look()
    assert state_of(outbox) == ("queued", True)
    assert desk.sent == []
    deliver_all()
    assert state_of(outbox) == ("sent", False)
    assert desk.drafts_made == 1


@pytest.mark.req("F106", "F32")
@pytest.mark.parametrize(
    ("point", "sent"),
    [
        ("deliver.begun", 0),
        ("deliver.before_mark", 0),
        ("deliver.marked", 0),
        ("deliver.answered", 1),
        ("deliver.recorded", 1),
    ],
)
def test_a_mail_whose_worker_died_leaves_once_in_the_end(
    desk: Desk, deliver_all: Deliver, point: str, sent: int
) -> None:
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    with dies_at(point):
        deliver_all()
    assert len(desk.sent) == sent
    for _ in range(2):
        WorkItem.objects.update(leased_until=None, due_at=clock.now())
        deliver_all()
        look(times=2)
    deliver_all()
    assert (state_of(outbox), len(desk.sent)) == (("sent", False), 1)
    assert desk.drafts == []


@pytest.mark.req("F106")
def test_who_resends_an_unknown_mail_that_had_left_sends_no_second_one(
    desk: Desk, deliver_all: Deliver, people: Any
) -> None:
    desk.next_send(Fault.CUT_AFTER)
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    deliver_all()
    settling.resend(outbox, actor=people.agent)
    deliver_all()
    assert (state_of(outbox), len(desk.sent)) == (("sent", False), 1)


def test_what_is_from_before_a_restore_is_proven_but_never_sent_by_itself(desk: Desk, deliver_all: Deliver) -> None:
    desk.next_send(Fault.CUT)
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    deliver_all()
    Installation.objects.get_or_create(id=1)
    Installation.objects.filter(id=1).update(outbox_epoch=99)
    look(times=4)
    assert state_of(outbox) == ("unknown", True)
    assert desk.sent == []


@pytest.mark.parametrize(
    ("desk", "answer", "state", "reason"),
    [
        ("graph", graph_error(400, "ErrorInvalidRecipients"), "failed", "recipient_refused"),
        ("graph", graph_error(403, "ErrorSendAsDenied"), "failed", "sender_refused"),
        ("graph", throttled(1000), "retry", "throttled"),
        ("ews", refused("SendItem", "ErrorInvalidRecipients"), "failed", "recipient_refused"),
        ("ews", refused("SendItem", "ErrorSendAsDenied"), "failed", "sender_refused"),
        ("ews", busy(1_000_000), "retry", "throttled"),
    ],
    indirect=["desk"],
)
def test_a_refusal_is_shown_and_a_passing_one_tried_again(
    desk: Desk, deliver_all: Deliver, answer: Answer, state: str, reason: str
) -> None:
    desk.next_send(answer)
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    deliver_all()
    assert state_of(outbox) == (state, state == "retry")
    assert outbox.recipients.get().reason == reason


@pytest.mark.req("F67")
def test_a_server_is_left_alone_as_long_as_it_asks(desk: Desk, deliver_all: Deliver) -> None:
    desk.asks_to_wait(1000)
    outbox = queue_mail(desk.mailbox.outgoing, mailbox=desk.mailbox)
    deliver_all()
    assert due_again(outbox) > clock.now() + timedelta(seconds=900)
    assert state_of(outbox)[0] == "retry"
