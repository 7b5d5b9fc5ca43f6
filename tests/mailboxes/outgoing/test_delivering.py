"""One attempt after another against a real SMTP server: what each answer makes of each recipient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.models import Installation, WorkItem, WorkKind
from mailboxes import signals
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient, OutgoingServer, SecurityChoice
from mailboxes.services.delivering import PAUSES_S, deliver
from mailboxes.services.mailbox_inputs import ServerInput
from mailboxes.services.outbox import withdraw
from mailboxes.services.outgoing_servers import MAILS_PER_MINUTE, resume_server
from mailboxes.services.servers import change_connection
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ANNA, BO, CEM = "anna@customer.test", "bo@customer.test", "cem@customer.test"
Deliver = Callable[[], int]
States = Callable[[OutboxMessage], dict[str, str]]


def due_again(outbox: OutboxMessage) -> Any:
    return WorkItem.objects.get(kind=WorkKind.DELIVER, row_id=outbox.id).due_at


@pytest.mark.req("S3.1")
def test_a_queued_mail_arrives_as_it_was_composed(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(outgoing_server, to=[ANNA, BO])
    deliver_all()
    (mail,) = smtp_server.received
    assert (mail.recipients, mail.sender) == ((ANNA, BO), "support@fernhollow.test")
    assert mail.raw.startswith(f"Message-ID: <{outbox.message_id}>\r\n".encode())
    outbox.refresh_from_db()
    assert (outbox.state, outbox.attempts, states(outbox)) == ("sent", 1, {ANNA: "sent", BO: "sent"})
    assert outbox.sent_at is not None
    assert not WorkItem.objects.filter(kind=WorkKind.DELIVER).exists()


@pytest.mark.req("F106")
def test_delivering_again_sends_nothing_again(outgoing_server: Any, smtp_server: Any, deliver_all: Deliver) -> None:
    outbox = queue_mail(outgoing_server)
    deliver_all()
    work.enqueue(WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
    deliver_all()
    assert len(smtp_server.received) == 1


def test_only_the_recipient_that_was_put_off_is_tried_again(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    smtp_server.behave(recipient_answers={BO: "450 4.2.1 busy", CEM: "550 5.1.1 no such user"})
    outbox = queue_mail(outgoing_server, to=[ANNA, BO, CEM])
    deliver_all()
    assert states(outbox) == {ANNA: "sent", BO: "retry", CEM: "failed"}
    smtp_server.behave(recipient_answers={})
    with clock.held_at(due_again(outbox)):
        deliver_all()
    assert [mail.recipients for mail in smtp_server.received] == [(ANNA,), (BO,)]
    assert states(outbox) == {ANNA: "sent", BO: "sent", CEM: "failed"}
    assert OutboxMessage.objects.get().state == DeliveryState.FAILED


@pytest.mark.req("F107")
def test_the_servers_words_are_kept_for_each_recipient(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(recipient_answers={ANNA: "550 5.1.1 no such user"})
    queue_mail(outgoing_server)
    deliver_all()
    recipient = OutboxRecipient.objects.get()
    assert (recipient.code, recipient.detail) == (550, "5.1.1 no such user")


@pytest.mark.parametrize(
    ("behaviour", "state"),
    [
        ({"greeting": "421 4.3.2 busy"}, "retry"),
        ({"sender_answer": "451 4.3.0 later"}, "retry"),
        ({"sender_answer": "550 5.7.60 SendAsDenied"}, "failed"),
        ({"data_answer": "451 4.3.0 later"}, "retry"),
        ({"data_answer": "554 5.6.0 no"}, "failed"),
        ({"end_answer": "452 4.3.1 full"}, "retry"),
        ({"end_answer": "552 5.2.3 too big"}, "failed"),
        ({"drop": "connect"}, "retry"),
        ({"drop": "mail"}, "retry"),
        ({"drop": "rcpt"}, "retry"),
        ({"drop": "data"}, "unknown"),
        ({"drop": "end_lost"}, "unknown"),
        ({"drop": "end_kept"}, "unknown"),
        ({"drop": "after_answer"}, "sent"),
        ({"size_limit_bytes": 10}, "failed"),
    ],
)
@pytest.mark.req("F106", "F67")
def test_each_kind_of_trouble_has_its_outcome(
    behaviour: dict[str, Any],
    state: str,
    outgoing_server: Any,
    smtp_server: Any,
    deliver_all: Deliver,
    states: States,
) -> None:
    smtp_server.behave(**behaviour)
    outbox = queue_mail(outgoing_server)
    deliver_all()
    assert states(outbox) == {ANNA: state}
    outbox.refresh_from_db()
    assert (outbox.state, outbox.marked_at) == (state, None)
    assert WorkItem.objects.filter(kind=WorkKind.DELIVER).exists() == (state == "retry")


@pytest.mark.req("F106")
def test_what_is_unknown_is_never_sent_again_by_itself(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    smtp_server.behave(drop="end_kept")
    outbox = queue_mail(outgoing_server)
    deliver_all()
    smtp_server.behave(drop=None)
    with clock.held_at(clock.now() + timedelta(days=5)):
        work.enqueue(WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id)
        deliver_all()
    assert (len(smtp_server.received), states(outbox)) == (1, {ANNA: "unknown"})


def test_a_server_that_stalls_after_the_content_leaves_the_mail_unknown(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States, settings: Any
) -> None:
    settings.MAIL_READ_TIMEOUT_S = 0.3
    smtp_server.behave(delays_s={"end": 5})
    outbox = queue_mail(outgoing_server)
    deliver_all()
    assert states(outbox) == {ANNA: "unknown"}


@pytest.mark.req("F27")
def test_a_mail_too_large_for_the_server_names_the_limit(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(size_limit_bytes=50)
    outbox = queue_mail(outgoing_server)
    deliver_all()
    outbox.refresh_from_db()
    assert (outbox.state, outbox.error_reason) == ("failed", "too_large")
    assert "50 bytes" in outbox.error_detail


@pytest.mark.req("F67")
def test_pauses_grow_with_each_try(outgoing_server: Any, smtp_server: Any, deliver_all: Deliver) -> None:
    smtp_server.behave(greeting="421 4.3.2 busy")
    outbox = queue_mail(outgoing_server)
    seen = []
    moment = clock.now()
    for _try in range(len(PAUSES_S) + 1):
        with clock.held_at(moment):
            deliver_all()
        seen.append((due_again(outbox) - moment).total_seconds())
        moment = due_again(outbox)
    assert seen == [*PAUSES_S, PAUSES_S[-1]]


def test_after_four_days_it_is_given_up(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    smtp_server.behave(greeting="421 4.3.2 busy")
    outbox = queue_mail(outgoing_server)
    with clock.held_at(clock.now() + timedelta(days=4)):
        deliver_all()
    assert states(outbox) == {ANNA: "failed"}
    assert not WorkItem.objects.exists()


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


@pytest.mark.req("F109")
def test_no_more_leaves_in_a_minute_than_the_provider_takes(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, monkeypatch: Any
) -> None:
    monkeypatch.setitem(MAILS_PER_MINUTE, outgoing_server.host, 2)
    for _ in range(5):
        queue_mail(outgoing_server)
    moment = clock.now().replace(second=5) + timedelta(minutes=1)
    arrived = []
    for minute in range(3):
        with clock.held_at(moment + timedelta(minutes=minute)):
            deliver_all()
        arrived.append(len(smtp_server.received))
    assert arrived == [2, 4, 5]


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


def test_a_lost_file_is_our_trouble_and_tried_again(
    outgoing_server: Any, deliver_all: Deliver, states: States, caplog: Any
) -> None:
    outbox = queue_mail(outgoing_server)
    OutboxMessage.objects.update(storage_key="outbox/nowhere")
    deliver_all()
    assert states(outbox) == {ANNA: "retry"}
    assert "deliver.broke" in caplog.text


def test_a_worker_past_its_lease_sends_nothing(outgoing_server: Any, smtp_server: Any, states: States) -> None:
    outbox = queue_mail(outgoing_server)
    claim = work.claim_next(WorkKind.DELIVER, lease_s=60)
    assert claim is not None
    with clock.held_at(clock.now() + timedelta(seconds=61)), pytest.raises(work.LeaseLost):
        deliver(claim)
    assert (smtp_server.received, states(outbox)) == ([], {ANNA: "queued"})


@pytest.mark.parametrize(("is_marked", "state", "count"), [(True, "unknown", 0), (False, "sent", 1)])
@pytest.mark.req("F106")
def test_what_a_dead_worker_left_behind_is_unknown_only_after_the_mark(
    is_marked: bool,
    state: str,
    count: int,
    outgoing_server: Any,
    smtp_server: Any,
    deliver_all: Deliver,
    states: States,
) -> None:
    outbox = queue_mail(outgoing_server)
    OutboxRecipient.objects.update(state=DeliveryState.SENDING, is_marked=is_marked)
    deliver_all()
    assert (states(outbox), len(smtp_server.received)) == ({ANNA: state}, count)


def test_trouble_above_undoes_nothing_of_what_is_known(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    def break_down(**_: Any) -> None:
        raise RuntimeError("a bug above")

    outbox = queue_mail(outgoing_server)
    signals.outbox_settled.connect(break_down, weak=False, dispatch_uid="test")
    try:
        deliver_all()
    finally:
        signals.outbox_settled.disconnect(dispatch_uid="test")
    assert (states(outbox), len(smtp_server.received)) == ({ANNA: "sent"}, 1)
    assert not WorkItem.objects.exists()


def test_after_a_restore_yesterdays_outbox_is_unknown_and_not_sent(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(outgoing_server)
    Installation.objects.update_or_create(id=1, defaults={"outbox_epoch": 2})
    deliver_all()
    outbox.refresh_from_db()
    assert (states(outbox), smtp_server.received, outbox.error_reason) == ({ANNA: "unknown"}, [], "restored")


def test_nothing_leaves_before_its_time(outgoing_server: Any, smtp_server: Any, deliver_all: Deliver) -> None:
    outbox = queue_mail(outgoing_server, send_after=clock.in_seconds(10))
    WorkItem.objects.update(due_at=clock.now())
    deliver_all()
    assert smtp_server.received == []
    assert due_again(outbox) == outbox.send_after


def test_a_mail_taken_back_in_time_never_leaves(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(outgoing_server, send_after=clock.in_seconds(10))
    withdraw(outbox)
    with clock.held_at(clock.in_seconds(20)):
        deliver_all()
    assert (states(outbox), smtp_server.received) == ({ANNA: "cancelled"}, [])


def test_a_mail_taken_back_after_it_was_claimed_is_not_begun(outgoing_server: Any, smtp_server: Any) -> None:
    outbox = queue_mail(outgoing_server, send_after=clock.in_seconds(10))
    claim = work.claim_row(
        WorkKind.DELIVER, organization_id=outbox.organization_id, row_id=outbox.id, lease_s=60, force=True
    )
    withdraw(outbox)
    assert claim is not None
    with pytest.raises(work.LeaseLost):
        deliver(claim)
    assert smtp_server.received == []


def test_a_mail_queued_before_the_clock_stepped_back_leaves_all_the_same(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    with clock.held_at(clock.now() + timedelta(hours=2)):
        queue_mail(outgoing_server, send_after=clock.in_seconds(10))
    deliver_all()
    assert len(smtp_server.received) == 1


def test_a_mail_that_cannot_be_stored_is_not_queued(outgoing_server: Any, settings: Any, tmp_path: Any) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_bytes(b"")
    settings.MEDIA_ROOT = blocked
    with pytest.raises(DomainError) as refused:
        queue_mail(outgoing_server)
    assert refused.value.code == "storage_down"
    assert not WorkItem.objects.exists()


LINE = b"x" * 76 + b"\r\n"


@pytest.mark.parametrize(
    ("kind", "after_bytes", "state"),
    [("cut", 30, "retry"), ("cut", 400_000, "unknown"), ("stall", 30, "retry"), ("stall", 400_000, "unknown")],
)
@pytest.mark.req("F106")
def test_a_network_that_breaks_has_its_outcome(
    kind: Any,
    after_bytes: int,
    state: str,
    smtp_server: Any,
    outgoing_server: Any,
    tcp_proxy: Any,
    deliver_all: Deliver,
    states: States,
    settings: Any,
) -> None:
    proxy = tcp_proxy(smtp_server.port)
    settings.MAIL_ALLOWED_PORTS = frozenset({proxy.port})
    settings.MAIL_READ_TIMEOUT_S = 0.5
    proxy.fail(kind, after_bytes=after_bytes, direction="to_server")
    outbox = queue_mail(make_outgoing_server(proxy.port), content=b"Subject: big\r\n\r\n" + LINE * 13_000)
    deliver_all()
    assert (states(outbox), smtp_server.received) == ({ANNA: state}, [])


def test_garbage_instead_of_an_answer_is_tried_again(
    smtp_server: Any, outgoing_server: Any, tcp_proxy: Any, deliver_all: Deliver, states: States, settings: Any
) -> None:
    proxy = tcp_proxy(smtp_server.port)
    settings.MAIL_ALLOWED_PORTS = frozenset({proxy.port})
    proxy.fail("garbage", after_bytes=0, direction="to_client")
    outbox = queue_mail(make_outgoing_server(proxy.port))
    deliver_all()
    assert (states(outbox), smtp_server.received) == ({ANNA: "retry"}, [])
