"""Delivery through Microsoft Graph: the draft's id is the mark's handle, and tells what came of a lost answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope

from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import Installation, WorkItem, WorkKind
from helpdesk.tenancy.postgresql.base import DatabaseWrapper
from helpdesk.tenancy.state import current_organization_id
from mailboxes.models import FilingState, OutboxMessage, OutgoingServer
from mailboxes.services.sending import settling
from tests.factories.outgoing import queue_mail
from tests.fakes.graph import READ, FakeGraph, graph_error, throttled
from tests.fakes.https import Answer, Fault
from tests.mailboxes.graph import make_graph_mailbox, make_registration, point_at
from tests.mailboxes.outgoing.mails import ANNA, BO, Deliver, States, due_again
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]
USER = "support@fernhollow.test"


@pytest.fixture
def graph(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    clear_text_allowed: None,
) -> Iterator[FakeGraph]:
    """The fake, to which the global cloud points."""
    with FakeGraph(certificate_authority) as running:
        running.mailbox(USER)
        point_at(running, monkeypatch, settings)
        yield running


@pytest.fixture
def mailbox(in_fernhollow: Any, graph: FakeGraph) -> Any:
    """fernhollow's mailbox at the fake."""
    return make_graph_mailbox(make_registration(), user=USER)


def look(*, times: int = 1) -> None:
    """So many looks at what came of mails, each when it is due."""
    for _ in range(times):
        WorkItem.objects.filter(kind=WorkKind.FILE_SENT).update(due_at=clock.now())
        with scope(organization=None):
            drains.drain_now(WorkKind.FILE_SENT)
        if isinstance(wrapper := connections["default"], DatabaseWrapper):
            wrapper.name_organization(current_organization_id())


def state_of(outbox: OutboxMessage) -> tuple[str, bool]:
    """The mail's state, and whether it has a handle."""
    outbox.refresh_from_db()
    return outbox.state, bool(outbox.handle)


@pytest.mark.req("F66")
def test_a_mail_leaves_from_its_mailbox_and_nothing_is_filed_twice(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(mailbox.outgoing, to=[ANNA, BO], mailbox=mailbox)
    deliver_all()
    assert states(outbox) == {ANNA: "sent", BO: "sent"}
    assert [(sent.sender, sent.recipients) for sent in graph.sent] == [(USER, (ANNA, BO))]
    assert (state_of(outbox), outbox.filing) == (("sent", False), FilingState.NONE)


@pytest.mark.req("F106")
@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.HANG])
def test_an_answer_that_never_comes_is_unknown_until_the_draft_tells(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver, fault: Fault
) -> None:
    graph.next("/send", fault)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    assert state_of(outbox) == ("unknown", True)
    look(times=2)
    deliver_all()
    assert state_of(outbox)[0] == "sent"
    assert len(graph.sent) == 1


@pytest.mark.req("F106")
def test_unsent_is_not_believed_at_the_first_look(graph: FakeGraph, mailbox: Any, deliver_all: Deliver) -> None:
    graph.next("/send", Fault.CUT)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    look()
    assert state_of(outbox) == ("unknown", True)
    look()
    assert state_of(outbox) == ("queued", True)
    assert graph.sent == []
    deliver_all()
    assert state_of(outbox) == ("sent", False)
    assert [request.method for request in graph.asked(f"{USER}/messages")] == ["POST"]


class Death(BaseException):
    """A worker ends where it stands."""


@pytest.mark.req("F106", "F32")
@pytest.mark.parametrize(
    ("point", "sent"), [("deliver.before_mark", 0), ("deliver.marked", 0), ("deliver.answered", 1)]
)
def test_a_mail_whose_worker_died_leaves_once_in_the_end(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver, monkeypatch: pytest.MonkeyPatch, point: str, sent: int
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Death

    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    with monkeypatch.context() as patched, pytest.raises(Death):
        patched.setattr(faults, "point", die)
        deliver_all()
    assert len(graph.sent) == sent
    for _ in range(2):
        WorkItem.objects.update(leased_until=None, due_at=clock.now())
        deliver_all()
        look(times=2)
    deliver_all()
    assert (state_of(outbox), len(graph.sent)) == (("sent", False), 1)
    drafts = graph.mailbox(USER).well_known["drafts"]
    assert graph.mailbox(USER).held(drafts) == []


@pytest.mark.req("F106")
def test_who_resends_an_unknown_mail_that_had_left_sends_no_second_one(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver, people: Any
) -> None:
    graph.next("/send", Fault.CUT_AFTER)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    settling.resend(outbox, actor=people.agent)
    deliver_all()
    assert (state_of(outbox), len(graph.sent)) == (("sent", False), 1)


def test_what_is_from_before_a_restore_is_proven_but_never_sent_by_itself(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver
) -> None:
    graph.next("/send", Fault.CUT)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    Installation.objects.get_or_create(id=1)
    Installation.objects.filter(id=1).update(outbox_epoch=99)
    look(times=4)
    assert state_of(outbox) == ("unknown", True)
    assert graph.sent == []


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (graph_error(400, "ErrorInvalidRecipients"), "failed", "recipient_refused"),
        (graph_error(403, "ErrorSendAsDenied"), "failed", "sender_refused"),
        (throttled(1000), "retry", "throttled"),
    ],
)
def test_a_refusal_is_shown_and_a_passing_one_tried_again(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver, answer: Answer, state: str, reason: str
) -> None:
    graph.next("/send", answer)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    assert state_of(outbox) == (state, state == "retry")
    assert outbox.recipients.get().reason == reason


@pytest.mark.req("F67")
def test_a_throttled_mailbox_is_left_alone_as_long_as_it_asks(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver
) -> None:
    graph.next("/messages", throttled(1000))
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    assert due_again(outbox) > clock.now() + timedelta(seconds=900)
    assert state_of(outbox)[0] == "retry"


def test_a_missing_permission_pauses_the_server_and_fails_no_mail(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver
) -> None:
    graph.tokens = {token: frozenset({READ}) for token in graph.tokens}
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    server = OutgoingServer.objects.get()
    assert (server.pause_reason, state_of(outbox)[0]) == ("permission_missing", "retry")
    assert server.label == f"Microsoft 365 ({USER})"


def test_a_failed_mail_for_another_address_goes_to_that_one_alone(
    graph: FakeGraph, mailbox: Any, deliver_all: Deliver, states: States, people: Any
) -> None:
    graph.refused_recipients.add(ANNA)
    outbox = queue_mail(mailbox.outgoing, to=[ANNA, BO], mailbox=mailbox)
    deliver_all()
    assert states(outbox) == {ANNA: "failed", BO: "failed"}
    settling.change_address(outbox.recipients.get(address=ANNA), address="anne@customer.test", actor=people.agent)
    deliver_all()
    assert [sent.recipients for sent in graph.sent] == [("anne@customer.test",)]
    settling.retry_now(outbox, actor=people.agent)
    deliver_all()
    assert [sent.recipients for sent in graph.sent] == [("anne@customer.test",), (BO,)]
