"""Many messages of the log at once: those that were picked, and all that match, by a worker."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from helpdesk.accounts.models import Membership, Role
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from mailboxes.services.setup.mail_switch import start_taking_mail, stop_taking_mail
from tests.factories.held import hold
from tests.factories.incoming import make_mail, process_due, receive, store
from tests.factories.outgoing import make_mailbox
from ticketing.models import BulkState, EventKind, LogBatch, Ticket, TicketEvent, log_batch
from ticketing.services import log_batches
from ticketing.services.log_batches import BatchRefused, start_batch, stop_batch

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LOG = "/o/fernhollow/inbound-log/"


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test", name="Repairs")


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def fail(support: Any, error: str) -> RemoteMessage:
    """A mail in quarantine with this error."""
    raw = store(support, make_mail())
    WorkItem.objects.filter(kind=WorkKind.PROCESS).delete()
    RawMessage.objects.filter(pk=raw.pk).update(state=RawState.QUARANTINED, error=error)
    rows = RemoteMessage.objects.filter(raw=raw)
    data = {"tries": 3, "error": error}
    rows.update(outcome=Outcome.FAILED, reason_code="quarantined", reason_data=data, subject=error)
    entry: RemoteMessage = rows.get()
    return entry


def drain() -> None:
    drains.drain_now(WorkKind.LOG_BATCH, budget_s=60)


def test_what_is_picked_is_released_at_once_and_what_is_none_is_said(support: Any, admin: Client) -> None:
    held = [hold(support, subject=f"Mail {number}") for number in range(3)]
    [created] = receive(support, make_mail())
    data = {"entry": [entry.pk for entry in (*held[:2], created)]}
    page = admin.post(f"{LOG}actions/release/?outcome=held", data, follow=True).content.decode()
    assert "Done with 2 messages. 1 is no such message." in page
    process_due()
    assert Ticket.objects.count() == 3
    assert 'data-pick aria-label="Select Mail 2"' in page


def test_many_are_counted_no_further_than_people_need(
    support: Any, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_batches, "COUNTED", 2)
    monkeypatch.setattr(log_batch, "COUNTED", 2)
    for number in range(4):
        hold(support, subject=f"Mail {number}")
    page = admin.post(f"{LOG}actions/release/?outcome=held", {"all": "1"}, follow=True).content.decode()
    assert "2+ messages: it is being done." in page
    assert "0 of 2+" in page
    assert 'max="' not in page.partition("<progress")[2].partition(">")[0]
    assert LogBatch.objects.get().total == 3
    drain()
    process_due()
    assert (LogBatch.objects.get().done, Ticket.objects.count()) == (4, 4)


@pytest.mark.req("F9", "F38")
def test_all_with_one_error_are_tried_again_and_no_others(
    support: Any, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_batches, "BATCH", 2)
    same = [fail(support, "LookupError: odd") for _number in range(5)]
    other = fail(support, "OSError: else")
    assert "Retry all 5 with this error" in admin.get(f"{LOG}{same[0].pk}/").content.decode()
    assert "Retry all" not in admin.get(f"{LOG}{other.pk}/").content.decode()
    page = admin.post(f"{LOG}actions/retry/?like={same[0].pk}", {"all": "1"}, follow=True).content.decode()
    assert "0 of 5" in page
    drain()
    assert set(RemoteMessage.objects.filter(outcome=Outcome.FAILED)) == {other}
    assert "done with 5 messages" in admin.get(f"{LOG}batches/").content.decode()
    batch = LogBatch.objects.get()
    assert (batch.state, batch.done, batch.kept) == (BulkState.DONE, 5, 0)
    admin.post(f"{LOG}batches/{batch.pk}/dismissal/")
    assert "done with" not in admin.get(LOG).content.decode()


def test_a_worker_that_dies_does_nothing_twice(support: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_batches, "BATCH", 2)
    for _number in range(3):
        hold(support)
    start_batch(what="release", wanted={"outcome": "held"}, actor=people.admin)
    with pytest.MonkeyPatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(log_batches.work, "reschedule", lambda *_args, **_more: (_ for _ in ()).throw(KeyboardInterrupt))
        drain()
    assert RemoteMessage.objects.filter(outcome=Outcome.HELD).count() == 3
    WorkItem.objects.filter(kind=WorkKind.LOG_BATCH).update(leased_until=None, due_at=LogBatch.objects.get().started_at)
    drain()
    process_due()
    assert (LogBatch.objects.get().done, Ticket.objects.count()) == (3, 3)


def test_a_batch_is_stopped_and_one_runs_at_a_time(support: Any, people: Any) -> None:
    entry = hold(support)
    batch = start_batch(what="discard", wanted={}, actor=people.admin)
    with pytest.raises(BatchRefused, match="still under way"):
        start_batch(what="discard", wanted={}, actor=people.admin)
    stop_batch(batch, actor=people.admin)
    drain()
    entry.refresh_from_db()
    assert entry.outcome == Outcome.HELD
    with pytest.raises(BatchRefused, match="no message"):
        start_batch(what="not-spam", wanted={}, actor=people.admin)


def test_who_may_no_more_has_it_end(support: Any, people: Any) -> None:
    hold(support)
    start_batch(what="release", wanted={}, actor=people.admin)
    Membership.objects.filter(pk=people.admin.pk).update(role=Role.AGENT)
    drain()
    assert LogBatch.objects.get().state == BulkState.REFUSED


def test_what_is_picked_goes_into_a_ticket_or_out_of_its_own(support: Any, people: Any, client: Client) -> None:
    client.force_login(people.agent.user)
    [first] = receive(support, make_mail(subject="Target", message_id="first@customer.test"))
    answers = receive(support, *(make_mail(answers="first@customer.test", subject=f"Re {n}") for n in range(2)))
    [other], held = receive(support, make_mail(subject="Other")), hold(support, subject="Held")
    target = Ticket.objects.get(pk=first.ticket_id)
    picked = {"entry": [other.pk, held.pk, first.pk], "value": f" #{target.number}"}
    assert "no ticket with this number" in _done(client, "join", picked | {"value": "99"})
    assert "Done with 2 messages. The message is in this ticket already." in _done(client, "join", picked)
    process_due()
    assert set(RemoteMessage.objects.filter(pk__in=picked["entry"]).values_list("ticket_id", flat=True)) == {target.pk}
    assert Ticket.objects.exclude(pk=target.pk).get().merged_into == target
    apart = {"entry": [*(row.pk for row in answers), first.pk]}
    assert "Done with 2 messages. 1 is no such message." in _done(client, "split", apart)
    own = RemoteMessage.objects.filter(pk__in=[row.pk for row in answers]).values_list("ticket_id", flat=True)
    assert len({*own, target.pk}) == 3
    assert TicketEvent.objects.filter(kind=EventKind.MESSAGE_MOVED, actor=people.agent).count() == 3


def test_all_that_match_go_into_a_ticket_by_a_worker_and_the_log_of_changes_says_so(
    support: Any, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_batches, "BATCH", 2)
    [first, *_rest] = receive(support, *(make_mail(subject=f"Broken {number}") for number in range(4)))
    receive(support, make_mail(subject="Another matter"))
    number = Ticket.objects.get(pk=first.ticket_id).number
    page = _done(admin, "join", {"all": "1", "value": f"{number}"}, query="?q=broken")
    assert f"Join to ticket #{number}" in page
    assert "0 of 4" in page
    drain()
    assert f"Join to ticket #{number}: done with 3 messages." in admin.get(f"{LOG}batches/").content.decode()
    assert RemoteMessage.objects.filter(ticket_id=first.ticket_id).count() == 4
    assert Ticket.objects.filter(merged_into=None).count() == 2
    log = admin.get("/o/fernhollow/settings/log/").content.decode()
    assert "began with many messages of the inbound log" in log
    assert f"#{number}" in log
    monkeypatch.setitem(log_batches.ACTIONS, "join", replace(log_batches.ACTIONS["join"], most=4))
    refused = _done(admin, "join", {"all": "1", "value": f"{number}"})
    assert "These are 5 messages. Narrow down what is shown to at most 4." in refused


def test_what_settings_kept_out_is_decided_anew_by_many(support: Any, people: Any) -> None:
    stop_taking_mail(support.organization, actor=people.admin, tells=True)
    receive(support, *(make_mail(subject=f"Ignored {number}") for number in range(3)))
    [other] = receive(support, make_mail())
    RemoteMessage.objects.filter(pk=other.pk).update(reason_code="own_mail")
    assert not Ticket.objects.exists()
    start_taking_mail(support.organization, actor=people.admin)
    start_batch(what="retry", wanted={"outcome": "ignored"}, actor=people.admin)
    drain()
    process_due()
    batch = LogBatch.objects.get()
    assert (batch.done, batch.kept, Ticket.objects.count()) == (3, 1, 3)
    assert "No setting holds this mail back" in batch.why_kept


def test_a_worker_takes_the_span_as_who_began_it_saw_it(support: Any, people: Any) -> None:
    entry = hold(support)
    RemoteMessage.objects.update(seen_at=datetime(2026, 11, 2, 23, 30, tzinfo=UTC))
    with timezone.override("Asia/Tokyo"):
        batch = start_batch(what="discard", wanted={"from": "2026-11-03", "to": "2026-11-03"}, actor=people.admin)
    assert batch.wanted == {"since": "2026-11-03T00:00:00+09:00", "before": "2026-11-04T00:00:00+09:00"}
    drain()
    entry.refresh_from_db()
    assert entry.outcome == Outcome.IGNORED


def _done(client: Client, what: str, data: dict[str, Any], *, query: str = "") -> str:
    """What the log says once it was asked for."""
    page: str = client.post(f"{LOG}actions/{what}/{query}", data, follow=True).content.decode()
    return html.unescape(page)


def test_agents_are_offered_what_they_may(support: Any, people: Any, client: Client) -> None:
    hold(support)
    client.force_login(people.agent.user)
    page = client.get(LOG).content.decode()
    assert "actions/not-spam/" in page
    assert "actions/release/" not in page
    assert client.post(f"{LOG}actions/release/", {"all": "1"}).status_code == 403
    assert client.post(f"{LOG}actions/unblock/", {"all": "1"}).status_code in (403, 404)
    assert "Select all 1 that match" in client.get(f"{LOG}rest/?outcome=held").content.decode()
