"""Delivery through Exchange Web Services: the handle of the mark tells what came of a lost answer, whoever dies."""

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
from mailboxes.models import (
    ConnectionKind,
    FilingState,
    Mailbox,
    OutboxMessage,
    OutgoingServer,
    SecurityChoice,
)
from mailboxes.services.sending import settling
from mailboxes.services.sending.outgoing_servers import size_limit_bytes
from mailboxes.services.setup.mailbox_inputs import ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.connectors.ews_worlds import busy, ews_world, refused
from tests.factories.mailboxes import mailbox_input
from tests.factories.outgoing import queue_mail
from tests.fakes.ews import PASSWORD, FakeEws
from tests.fakes.https import Answer, Fault
from tests.mailboxes.ews import USER, exchange_server
from tests.mailboxes.outgoing.mails import ANNA, BO, Deliver, States, due_again
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def ews(certificate_authority: CertificateAuthority, settings: Any, clear_text_allowed: None) -> Iterator[FakeEws]:
    """A running fake with the user's mailbox."""
    with exchange_server(certificate_authority, settings=settings) as running:
        ews_world(running, USER)
        yield running


@pytest.fixture
def mailbox(in_fernhollow: Any, ews: FakeEws) -> Mailbox:
    """fernhollow's mailbox at the fake, as the product makes one that sends through itself."""
    incoming = ServerInput("localhost", ews.port, SecurityChoice.TLS, USER, PASSWORD, kind=ConnectionKind.EWS)
    return create_mailbox(mailbox_input(incoming=incoming, address=USER, sends_itself=True))


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


def test_a_mail_leaves_from_its_mailbox_and_nothing_is_filed_twice(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(mailbox.outgoing, to=[ANNA, BO], mailbox=mailbox)
    deliver_all()
    assert states(outbox) == {ANNA: "sent", BO: "sent"}
    assert [(sent.sender, sent.recipients) for sent in ews.sent] == [(USER, (ANNA, BO))]
    assert (state_of(outbox), outbox.filing) == (("sent", False), FilingState.NONE)
    box = ews.mailbox(USER)
    [copy] = box.held(box.well_known["sentitems"])
    assert copy.internet_message_id == f"<{outbox.message_id}>"


def test_a_mail_is_not_composed_larger_than_a_request_may_be(mailbox: Mailbox) -> None:
    assert size_limit_bytes(mailbox.outgoing) == 47 * 1024 * 1024


@pytest.mark.req("F106")
@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.HANG])
def test_an_answer_that_never_comes_is_unknown_until_the_mailbox_tells(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver, fault: Fault
) -> None:
    ews.next_at("SendItem", fault)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    assert state_of(outbox) == ("unknown", True)
    look(times=2)
    deliver_all()
    assert state_of(outbox)[0] == "sent"
    assert len(ews.sent) == 1


@pytest.mark.req("F106")
def test_unsent_is_not_believed_at_the_first_look(ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver) -> None:
    ews.next_at("SendItem", Fault.CUT)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    look()
    assert state_of(outbox) == ("unknown", True)
    look()
    assert state_of(outbox) == ("queued", True)
    assert ews.sent == []
    deliver_all()
    assert state_of(outbox) == ("sent", False)
    assert ews.operations.count("CreateItem") == 1


class Death(BaseException):
    """A worker ends where it stands."""


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
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver, monkeypatch: pytest.MonkeyPatch, point: str, sent: int
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Death

    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    with monkeypatch.context() as patched, pytest.raises(Death):
        patched.setattr(faults, "point", die)
        deliver_all()
    assert len(ews.sent) == sent
    for _ in range(2):
        WorkItem.objects.update(leased_until=None, due_at=clock.now())
        deliver_all()
        look(times=2)
    deliver_all()
    assert (state_of(outbox), len(ews.sent)) == (("sent", False), 1)
    box = ews.mailbox(USER)
    assert box.held(box.well_known["drafts"]) == []


@pytest.mark.req("F106", "F32")
@pytest.mark.parametrize("operation", ["CreateItem", "UpdateItem", "SendItem"])
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_AFTER])
def test_a_server_that_dies_at_any_call_makes_no_mail_leave_twice_or_never(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver, operation: str, fault: Fault
) -> None:
    ews.next_at(operation, fault)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    for _ in range(3):
        WorkItem.objects.update(due_at=clock.now())
        deliver_all()
        look(times=2)
    assert (state_of(outbox), len(ews.sent)) == (("sent", False), 1)
    box = ews.mailbox(USER)
    assert box.held(box.well_known["drafts"]) == []


@pytest.mark.req("F106")
def test_who_resends_an_unknown_mail_that_had_left_sends_no_second_one(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver, people: Any
) -> None:
    ews.next_at("SendItem", Fault.CUT_AFTER)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    settling.resend(outbox, actor=people.agent)
    deliver_all()
    assert (state_of(outbox), len(ews.sent)) == (("sent", False), 1)


def test_what_is_from_before_a_restore_is_proven_but_never_sent_by_itself(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver
) -> None:
    ews.next_at("SendItem", Fault.CUT)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    Installation.objects.get_or_create(id=1)
    Installation.objects.filter(id=1).update(outbox_epoch=99)
    look(times=4)
    assert state_of(outbox) == ("unknown", True)
    assert ews.sent == []


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (refused("SendItem", "ErrorInvalidRecipients"), "failed", "recipient_refused"),
        (refused("SendItem", "ErrorSendAsDenied"), "failed", "sender_refused"),
        (busy(1_000_000), "retry", "throttled"),
    ],
)
def test_a_refusal_is_shown_and_a_passing_one_tried_again(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver, answer: Answer, state: str, reason: str
) -> None:
    ews.next_at("SendItem", answer)
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    assert state_of(outbox) == (state, state == "retry")
    assert outbox.recipients.get().reason == reason


@pytest.mark.req("F67")
def test_a_server_is_left_alone_as_long_as_it_asks(ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver) -> None:
    ews.next_at("CreateItem", busy(1_000_000))
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    assert due_again(outbox) > clock.now() + timedelta(seconds=900)
    assert state_of(outbox)[0] == "retry"


def test_a_refused_sign_in_pauses_the_server_and_fails_no_mail(
    ews: FakeEws, mailbox: Mailbox, deliver_all: Deliver
) -> None:
    ews.users[USER] = "another"
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    server = OutgoingServer.objects.get()
    assert (server.pause_reason, state_of(outbox)[0]) == ("login_refused", "retry")
    assert server.label == f"Exchange ({USER})"
