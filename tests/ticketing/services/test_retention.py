"""Sources of mail go once their time is over: never what somebody waits for, and nothing of a ticket with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy import drains, stray_files, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from tests.factories.held import hold
from tests.factories.incoming import make_mail, process_due, receive, store
from tests.factories.outgoing import make_mailbox
from ticketing.models import Attachment, Blob, Message, Retention
from ticketing.services import retention
from ticketing.services.loops import LimitsInput, set_limits
from ticketing.services.mail_orders import release

pytestmark = [pytest.mark.django_db, pytest.mark.both]
PAGE = "/o/fernhollow/keeping-mail/"


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test", name="Repairs")


def prune(*, in_days: float = 91) -> None:
    """The task has done everything that is due then."""
    with clock.held_at(clock.now() + timedelta(days=in_days)):
        work.enqueue_standing(WorkKind.PRUNE)
        WorkItem.objects.filter(kind=WorkKind.PRUNE).update(due_at=clock.now(), set_at=clock.now(), leased_until=None)
        drains.drain_now(WorkKind.PRUNE, budget_s=60)


def stop(mailbox: Any) -> RemoteMessage:
    """A mail that loop protection stopped: the second of its sender."""
    set_limits(LimitsInput(per_sender=1))
    [_first, entry] = receive(mailbox, *[make_mail(sender="noisy@loud.test", subject=each) for each in ("One", "Two")])
    assert entry.outcome == Outcome.LOOP
    return entry


def kept() -> set[int]:
    return set(RawMessage.objects.exclude(storage_key="").values_list("pk", flat=True))


def test_a_source_goes_after_its_time_and_its_attachments_stay(support: Any, fernhollow: Any) -> None:
    mail = make_mail(files=[("a.pdf", b"one"), ("b.pdf", b"two")])
    again = make_mail(files=[("a.pdf", b"one")])  # of the same content, which is stored once
    receive(support, mail, again)
    keys = set(RawMessage.objects.values_list("storage_key", flat=True))
    prune(in_days=89)
    assert len(kept()) == 2
    prune()
    assert kept() == set()
    row = Retention.objects.get()
    assert (row.pruned_count, row.total_count) == (2, 2)
    with clock.held_at(clock.now() + timedelta(days=91) + stray_files.GRACE + timedelta(days=1)):
        stray_files.sweep_now(fernhollow.pk)
    assert not any(default_storage.exists(key) for key in keys)
    files = set(Blob.objects.values_list("storage_key", flat=True))
    assert len(files) == 2
    assert all(default_storage.exists(key) for key in files)
    assert Attachment.objects.count() == 3
    assert Message.objects.count() == 2


def test_what_waits_for_somebody_keeps_its_source(support: Any) -> None:
    held, stopped = hold(support), stop(support)
    failed, pending = store(support, make_mail()), store(support, make_mail())
    RawMessage.objects.filter(pk=failed.pk).update(state=RawState.QUARANTINED, processed_at=clock.now())
    RemoteMessage.objects.filter(raw=failed).update(outcome=Outcome.FAILED)
    receive(support, make_mail(sender="ben@customer.test"))
    RemoteMessage.objects.filter(raw=pending).update(outcome=Outcome.PENDING)
    RawMessage.objects.filter(pk=pending.pk).update(state=RawState.PENDING)
    prune()
    assert kept() == {held.raw_id, stopped.raw_id, failed.pk, pending.pk}


def test_what_loop_protection_stopped_can_be_let_in_a_year_later(support: Any, people: Any) -> None:
    entry = stop(support)
    prune(in_days=400)
    release(entry, actor=people.admin)
    process_due()
    entry.refresh_from_db()
    assert entry.outcome == Outcome.CREATED


def test_a_worker_that_dies_loses_nothing_and_bounded_turns_do_it_all(
    support: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(support, *[make_mail() for _number in range(5)])
    monkeypatch.setattr(retention, "BATCH", 2)
    with pytest.MonkeyPatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(retention.work, "reschedule", lambda *_args, **_more: (_ for _ in ()).throw(KeyboardInterrupt))
        prune()
    assert (len(kept()), Retention.objects.count()) == (5, 0)
    prune()
    prune()
    assert (len(kept()), Retention.objects.get().total_count) == (0, 5)


@pytest.mark.parametrize("kept_out", ["held", "loop"])
def test_held_and_stopped_mail_expires_only_where_that_is_set(kept_out: str, support: Any, people: Any) -> None:
    entry = hold(support) if kept_out == Outcome.HELD else stop(support)
    prune(in_days=3000)
    entry.refresh_from_db()
    assert entry.outcome == kept_out
    retention.set_retention(raw_days=None, held_days=30, actor=people.admin)
    prune(in_days=31)
    entry.refresh_from_db()
    assert (entry.outcome, entry.reason_code, entry.reason_data["by"]) == (Outcome.IGNORED, "discarded", "")
    assert kept() == {entry.raw_id}


def test_admins_set_the_days_and_the_configuration_log_tells(support: Any, people: Any, client: Client) -> None:
    client.force_login(people.admin.user)
    assert "90" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"raw_days": "6", "held_days": ""}).status_code == 422
    client.post(PAGE, {"raw_days": "30", "held_days": ""})
    [receipt] = receive(support, make_mail())
    prune(in_days=31)
    page = client.get(PAGE).content.decode()
    assert "1 source," in page
    entry = AuditEntry.objects.get(action="retention.changed")
    assert (entry.actor, entry.changes) == (people.admin, {"raw_days": [90, 30]})
    source = client.get(f"/o/fernhollow/inbound-log/{receipt.pk}/source/").content.decode()
    assert "not kept any more" in source
    assert "Sources are kept for 30 days" in client.get("/o/fernhollow/inbound-log/").content.decode()
