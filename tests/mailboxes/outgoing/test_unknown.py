"""Mails of which nobody knows whether they arrived: only after the mark, and never sent again by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import Installation, WorkKind
from mailboxes.models import DeliveryState, OutboxRecipient
from mailboxes.services.sending.delivering import deliver
from tests.factories.outgoing import queue_mail
from tests.mailboxes.outgoing.mails import ANNA, Deliver, States

pytestmark = [pytest.mark.django_db, pytest.mark.both]


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
    recipient = OutboxRecipient.objects.get()
    assert (recipient.reason, recipient.detail) == ("timeout", "")


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


def test_after_a_restore_yesterdays_outbox_is_unknown_and_not_sent(
    outgoing_server: Any, smtp_server: Any, deliver_all: Deliver, states: States
) -> None:
    outbox = queue_mail(outgoing_server)
    Installation.objects.update_or_create(id=1, defaults={"outbox_epoch": 2})
    deliver_all()
    outbox.refresh_from_db()
    assert (states(outbox), smtp_server.received, outbox.error_reason) == ({ANNA: "unknown"}, [], "restored")
