"""Delivery through Microsoft Graph: what only this kind has."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import OutgoingServer
from mailboxes.services.sending import settling
from tests.factories.outgoing import queue_mail
from tests.fakes.graph import READ
from tests.mailboxes.dated import USER
from tests.mailboxes.outgoing.drafts import GraphDesk, state_of
from tests.mailboxes.outgoing.mails import ANNA, BO, Deliver, States

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_missing_permission_pauses_the_server_and_fails_no_mail(graph_desk: GraphDesk, deliver_all: Deliver) -> None:
    graph, mailbox = graph_desk.graph, graph_desk.mailbox
    graph.tokens = {token: frozenset({READ}) for token in graph.tokens}
    outbox = queue_mail(mailbox.outgoing, mailbox=mailbox)
    deliver_all()
    server = OutgoingServer.objects.get()
    assert (server.pause_reason, state_of(outbox)[0]) == ("permission_missing", "retry")
    assert server.label == f"Microsoft 365 ({USER})"


def test_a_failed_mail_for_another_address_goes_to_that_one_alone(
    graph_desk: GraphDesk, deliver_all: Deliver, states: States, people: Any
) -> None:
    graph, mailbox = graph_desk.graph, graph_desk.mailbox
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
