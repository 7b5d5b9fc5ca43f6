"""What people decide about outgoing mail, and what they are not allowed to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes import signals
from mailboxes.models import DeliveryState, OutboxMessage, OutboxRecipient
from mailboxes.services.sending import settling
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ANNA, BO, CEM = "anna@customer.test", "bo@customer.test", "cem@customer.test"
Deliver = Callable[[], int]
States = Callable[[OutboxMessage], dict[str, str]]


@pytest.fixture
def actor(people: Any) -> Any:
    return people.agent


@pytest.fixture
def server(in_fernhollow: Any, clear_text_allowed: None) -> Any:
    """A server that nobody speaks to."""
    return make_outgoing_server()


def stands_at(outbox: OutboxMessage, **by_address: str) -> None:
    """The recipients have these states, as an attempt would have left them; no work is due."""
    names = {"anna": ANNA, "bo": BO, "cem": CEM}
    for name, state in by_address.items():
        is_marked = state == DeliveryState.UNKNOWN
        OutboxRecipient.objects.filter(address=names[name]).update(state=state, is_marked=is_marked)
    OutboxMessage.objects.filter(id=outbox.id).update(attempts=1)
    WorkItem.objects.all().delete()


@pytest.mark.req("F107")
def test_failed_and_put_off_recipients_are_tried_now_and_others_left_alone(
    server: Any, states: States, actor: Any
) -> None:
    outbox = queue_mail(server, to=[ANNA, BO, CEM])
    stands_at(outbox, anna="sent", bo="failed", cem="unknown")
    settling.retry_now(outbox, actor=actor)
    assert states(outbox) == {ANNA: "sent", BO: "queued", CEM: "unknown"}
    assert WorkItem.objects.get().due_at <= clock.now()


def test_a_mail_that_is_put_off_is_due_at_once(server: Any, actor: Any) -> None:
    outbox = queue_mail(server)
    stands_at(outbox, anna="retry")
    work.enqueue(
        WorkKind.DELIVER,
        organization_id=outbox.organization_id,
        row_id=outbox.id,
        due_at=clock.in_seconds(3600),
    )
    settling.retry_now(outbox, actor=actor)
    assert WorkItem.objects.get().due_at <= clock.now()


@pytest.mark.req("F106")
def test_who_resends_sends_under_the_same_message_id(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, actor: Any
) -> None:
    smtp_server.behave(drop="end_kept")
    outbox = queue_mail(outgoing_server)
    deliver_all()
    smtp_server.behave(drop=None)
    settling.resend(outbox, actor=actor)
    deliver_all()
    first, second = smtp_server.received
    assert first.raw == second.raw
    outbox.refresh_from_db()
    assert outbox.state == DeliveryState.SENT


@pytest.mark.req("F106")
def test_an_unknown_mail_may_be_taken_as_sent(server: Any, states: States, actor: Any) -> None:
    outbox = queue_mail(server, to=[ANNA, BO], mailbox=make_mailbox(server))
    stands_at(outbox, anna="unknown", bo="failed")
    settling.mark_as_sent(outbox, actor=actor)
    outbox.refresh_from_db()
    assert (states(outbox), outbox.state) == ({ANNA: "sent", BO: "failed"}, "failed")
    assert WorkItem.objects.get().kind == WorkKind.FILE_SENT


@pytest.mark.req("F107")
@pytest.mark.parametrize("refusal", ["550 5.1.1 no such user", "450 4.1.2 no such domain"])
def test_a_corrected_address_gets_the_mail(
    refusal: str, outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, actor: Any
) -> None:
    smtp_server.behave(recipient_answers={ANNA: refusal})
    outbox = queue_mail(outgoing_server)
    deliver_all()
    settling.change_address(outbox.recipients.get(), address=" anne@customer.test ", actor=actor)
    deliver_all()
    assert [mail.recipients for mail in smtp_server.received] == [("anne@customer.test",)]
    entry = AuditEntry.objects.get(action="outbox.address_changed")
    assert entry.changes == {"address": [ANNA, "anne@customer.test"]}


@pytest.mark.parametrize(
    ("address", "code"), [("nobody", "bad_address"), ("a@b.test\r\nX", "bad_address"), (BO, "duplicate_address")]
)
def test_an_address_that_cannot_be_is_refused(address: str, code: str, server: Any, states: States, actor: Any) -> None:
    outbox = queue_mail(server, to=[ANNA, BO])
    stands_at(outbox, anna="failed", bo="sent")
    with pytest.raises(DomainError) as refused:
        settling.change_address(outbox.recipients.get(address=ANNA), address=address, actor=actor)
    assert (refused.value.code, states(outbox)) == (code, {ANNA: "failed", BO: "sent"})


@pytest.mark.req("F107")
def test_what_is_cancelled_does_not_leave(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States, actor: Any
) -> None:
    outbox = queue_mail(outgoing_server, to=[ANNA, BO])
    settling.cancel(outbox, actor=actor)
    deliver_all()
    assert (smtp_server.received, states(outbox)) == ([], {ANNA: "cancelled", BO: "cancelled"})
    outbox.refresh_from_db()
    assert outbox.state == "cancelled"


@pytest.mark.parametrize("action", [settling.retry_now, settling.resend, settling.mark_as_sent, settling.cancel])
def test_what_everybody_has_got_cannot_be_changed(action: Any, server: Any, states: States, actor: Any) -> None:
    outbox = queue_mail(server)
    stands_at(outbox, anna="sent")
    with pytest.raises(DomainError) as refused:
        action(outbox, actor=actor)
    assert (refused.value.code, states(outbox)) == ("nothing_to_do", {ANNA: "sent"})


@pytest.mark.parametrize("action", [settling.retry_now, settling.resend, settling.mark_as_sent, settling.cancel])
def test_while_a_worker_sends_it_nobody_decides(action: Any, server: Any, states: States, actor: Any) -> None:
    outbox = queue_mail(server)
    assert work.claim_next(WorkKind.DELIVER, lease_s=60) is not None
    OutboxRecipient.objects.update(state=DeliveryState.SENDING)
    with pytest.raises(DomainError) as refused:
        action(outbox, actor=actor)
    assert (refused.value.code, states(outbox)) == ("being_sent", {ANNA: "sending"})


def test_what_a_dead_worker_held_can_be_decided(server: Any, states: States, actor: Any) -> None:
    outbox = queue_mail(server)
    work.claim_next(WorkKind.DELIVER, lease_s=60)
    OutboxRecipient.objects.update(state=DeliveryState.SENDING, is_marked=True)
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        settling.mark_as_sent(outbox, actor=actor)
    assert states(outbox) == {ANNA: "sent"}


def test_each_decision_stands_in_the_audit_trail(server: Any, actor: Any) -> None:
    outbox = queue_mail(server)
    stands_at(outbox, anna="unknown")
    settling.resend(outbox, actor=actor)
    settling.cancel(outbox, actor=actor)
    entries = AuditEntry.objects.order_by("id").values_list("action", "actor_id", "target_label")
    assert list(entries) == [
        ("outbox.resent", actor.pk, outbox.message_id),
        ("outbox.cancelled", actor.pk, outbox.message_id),
    ]


def test_those_above_are_told_when_a_mail_comes_to_rest(server: Any, actor: Any) -> None:
    heard: list[tuple[int, str]] = []

    def hear(*, outbox_id: int, state: str, **_: Any) -> None:
        heard.append((outbox_id, state))

    signals.outbox_settled.connect(hear)
    outbox = queue_mail(server)
    settling.cancel(outbox, actor=actor)
    assert heard == [(outbox.id, "cancelled")]


def test_holding_makes_what_is_older_unknown_and_leaves_the_rest(server: Any, states: States) -> None:
    old = queue_mail(server, to=[ANNA, BO])
    OutboxRecipient.objects.filter(address=BO).update(state=DeliveryState.SENT)
    settling.raise_epoch()
    new = queue_mail(server)
    assert settling.hold_outbox() == 1
    assert (states(old), states(new)) == ({ANNA: "unknown", BO: "sent"}, {ANNA: "queued"})
    assert settling.hold_outbox() == 0
    assert WorkItem.objects.get().row_id == new.id


def test_a_held_mail_that_a_person_resends_leaves(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, actor: Any
) -> None:
    outbox = queue_mail(outgoing_server)
    settling.raise_epoch()
    settling.hold_outbox()
    settling.resend(outbox, actor=actor)
    deliver_all()
    assert len(smtp_server.received) == 1


def test_proof_is_not_looked_for_where_it_would_prove_nothing(server: Any) -> None:
    outbox = queue_mail(server, mailbox=make_mailbox(server), to=[ANNA, BO])
    stands_at(outbox, anna="sent", bo="unknown")
    OutboxMessage.objects.update(sent_at=clock.now())
    outbox.refresh_from_db()
    with pytest.raises(DomainError) as refused:
        settling.look_for_proof(outbox)
    assert refused.value.code == "no_proof"
