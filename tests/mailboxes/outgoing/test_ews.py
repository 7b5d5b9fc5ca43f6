"""Delivery through Exchange Web Services: what only this kind has."""

from __future__ import annotations

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem
from mailboxes.models import OutgoingServer
from mailboxes.services.sending.outgoing_servers import size_limit_bytes
from tests.factories.outgoing import queue_mail
from tests.fakes.https import Fault
from tests.mailboxes.dated import USER
from tests.mailboxes.outgoing.drafts import EwsDesk, look, state_of
from tests.mailboxes.outgoing.mails import Deliver

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_mail_is_not_composed_larger_than_a_request_may_be(ews_desk: EwsDesk) -> None:
    assert size_limit_bytes(ews_desk.mailbox.outgoing) == 47 * 1024 * 1024


@pytest.mark.req("F106", "F32")
@pytest.mark.parametrize("operation", ["CreateItem", "UpdateItem", "SendItem"])
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.CUT_AFTER])
def test_a_server_that_dies_at_any_call_makes_no_mail_leave_twice_or_never(
    ews_desk: EwsDesk, deliver_all: Deliver, operation: str, fault: Fault
) -> None:
    ews_desk.ews.next_at(operation, fault)
    outbox = queue_mail(ews_desk.mailbox.outgoing, mailbox=ews_desk.mailbox)
    for _ in range(3):
        WorkItem.objects.update(due_at=clock.now())
        deliver_all()
        look(times=2)
    assert (state_of(outbox), len(ews_desk.sent)) == (("sent", False), 1)
    assert ews_desk.drafts == []


def test_a_refused_sign_in_pauses_the_server_and_fails_no_mail(ews_desk: EwsDesk, deliver_all: Deliver) -> None:
    ews_desk.ews.users[USER] = "another"
    outbox = queue_mail(ews_desk.mailbox.outgoing, mailbox=ews_desk.mailbox)
    deliver_all()
    server = OutgoingServer.objects.get()
    assert (server.pause_reason, state_of(outbox)[0]) == ("login_refused", "retry")
    assert server.label == f"Exchange ({USER})"
