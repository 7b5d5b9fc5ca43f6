"""Servers that are paused, missing or busy: the mail waits and fails nothing."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem
from mailboxes.models import OutgoingServer, SecurityChoice
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.setup.mailbox_inputs import ServerInput
from mailboxes.services.setup.servers import change_connection
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail
from tests.mailboxes.outgoing.mails import ANNA, Deliver, States, due_again

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def test_a_refused_log_in_pauses_the_server_and_fails_nothing(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    smtp_server.behave(users={"ines": "right"})
    outgoing_server.username = "ines"
    outgoing_server.save()
    first, second = queue_mail(outgoing_server), queue_mail(outgoing_server)
    deliver_all()
    outgoing_server.refresh_from_db()
    assert outgoing_server.paused_at is not None
    assert outgoing_server.pause_reason == "login_refused"
    second.refresh_from_db()
    assert (states(first), states(second), second.attempts) == ({ANNA: "retry"}, {ANNA: "queued"}, 0)


def test_what_waited_for_a_paused_server_leaves_once_it_is_resumed(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(auth_answer="535 5.7.8 no", users={"ines": "right"})
    server = make_outgoing_server(smtp_server.port, username="ines", password="right")
    queue_mail(server)
    queue_mail(server)
    deliver_all()
    smtp_server.behave(auth_answer=None)
    assert (deliver_all(), resume_server(server)) == (0, 2)
    deliver_all()
    assert len(smtp_server.received) == 2


def test_a_new_password_ends_the_pause(in_fernhollow: Any, clear_text_allowed: None) -> None:
    server = make_outgoing_server()
    outbox = queue_mail(server)
    mailbox = make_mailbox(server)
    OutgoingServer.objects.update(login_of=mailbox.connection, paused_at=clock.now(), pause_reason="login_refused")
    WorkItem.objects.update(due_at=clock.in_seconds(900))
    entered = ServerInput(host="imap.invalid", port=993, security=SecurityChoice.TLS, username="ines", password="new")
    change_connection(mailbox.connection, entered)
    server.refresh_from_db()
    assert (server.paused_at, server.pause_reason) == (None, "")
    assert due_again(outbox) <= clock.now()


def test_a_mail_without_any_server_waits(in_fernhollow: Any, clear_text_allowed: None, deliver_all: Deliver) -> None:
    server = make_outgoing_server()
    outbox = queue_mail(server)
    server.delete()
    deliver_all()
    outbox.refresh_from_db()
    assert (outbox.state, outbox.error_reason) == ("queued", "no_server")
    assert WorkItem.objects.exists()


def test_the_default_server_stands_in_for_one_that_was_deleted(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    queue_mail(gone := make_outgoing_server(1))
    gone.delete()
    outgoing_server.is_default = True
    outgoing_server.save()
    deliver_all()
    assert len(smtp_server.received) == 1
