"""Nothing leaves before its time, and what is taken back until then never leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.services.sending.delivering import deliver
from mailboxes.services.sending.outbox import withdraw
from tests.factories.outgoing import queue_mail
from tests.mailboxes.outgoing.mails import ANNA, Deliver, States, due_again

pytestmark = [pytest.mark.django_db, pytest.mark.both]


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
