"""One attempt after another against a real SMTP server: what each answer makes of each recipient."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes import signals
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient, OutgoingKind, OutgoingServer
from mailboxes.outbox_words import reason_words
from mailboxes.services.sending.results import PAUSES_S
from tests.factories.outgoing import queue_mail
from tests.mailboxes.outgoing.mails import ANNA, BO, CEM, Deliver, States, due_again

pytestmark = [pytest.mark.django_db, pytest.mark.both]


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


@pytest.mark.req("F27")
def test_a_mail_too_large_for_the_server_names_the_limit(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(size_limit_bytes=50)
    outbox = queue_mail(outgoing_server)
    deliver_all()
    outbox.refresh_from_db()
    assert (outbox.state, outbox.error_reason) == ("failed", "too_large")
    assert str(reason_words(outbox.error_reason, outbox.error_detail)) == (
        "The outgoing server takes mails of up to 50\xa0bytes."
    )


@pytest.mark.parametrize(
    ("kind", "permission"),
    [(OutgoingKind.GRAPH, "Mail.Send"), (OutgoingKind.EWS, "full_access_as_app"), (OutgoingKind.EWS, "EWS.AccessAs")],
)
def test_a_missing_permission_is_that_of_the_service_mail_leaves_through(kind: OutgoingKind, permission: str) -> None:
    assert permission in str(reason_words("permission_missing", server=OutgoingServer(kind=kind)))


def test_a_recipient_this_server_cannot_be_told_of_fails_alone_and_says_why(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    smtp_server.behave(smtputf8=False)
    outbox = queue_mail(outgoing_server, to=["jürgen@customer.test", ANNA])
    deliver_all()
    assert states(outbox) == {"jürgen@customer.test": "failed", ANNA: "sent"}
    refused = OutboxRecipient.objects.get(state="failed")
    assert (refused.code, refused.reason, refused.detail) == (0, "no_international", "")


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


def test_a_lost_file_is_our_trouble_and_tried_again(
    outgoing_server: Any, deliver_all: Deliver, states: States, caplog: Any
) -> None:
    outbox = queue_mail(outgoing_server)
    OutboxMessage.objects.update(storage_key="outbox/nowhere")
    deliver_all()
    assert states(outbox) == {ANNA: "retry"}
    assert OutboxRecipient.objects.get().reason == "internal"
    assert "deliver.broke" in caplog.text


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


def test_a_mail_that_cannot_be_stored_is_not_queued(outgoing_server: Any, settings: Any, tmp_path: Any) -> None:
    blocked = tmp_path / "a file, not a folder"
    blocked.write_bytes(b"")
    settings.MEDIA_ROOT = blocked
    with pytest.raises(DomainError) as refused:
        queue_mail(outgoing_server)
    assert refused.value.code == "storage_down"
    assert not WorkItem.objects.exists()
