"""One organization meets one mail server with a bounded number of polls; others are read meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.reading import host_places, places
from mailboxes.services.reading.accounts import account_of, caller_of
from mailboxes.services.reading.crowding import POLLS_AT_CROWDED_HOST, note_crowded
from mailboxes.services.reading.host_places import place_at_host
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.places import place_key
from mailboxes.services.reading.polling import handle
from tests.factories.mailboxes import make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def _two_places(settings: Any, own_cache: None) -> None:
    settings.POLLS_PER_HOST = 2


@pytest.fixture
def full(fake: Any) -> Iterator[Mailbox]:
    """A mailbox at a server where its organization has no place left."""
    mailbox = fake.connect()
    with ExitStack() as taken:
        for _ in range(2):
            assert taken.enter_context(place_at_host(mailbox, lease_of(mailbox), timeout_s=60))
        yield mailbox


def lease_of(mailbox: Mailbox) -> Lease:
    """Some lease; nobody checks it here."""
    claim = work.Claim(0, WorkKind.POLL, mailbox.organization_id, mailbox.pk, 0, 1, clock.now())
    return Lease(claim, lease_s=60)


def poll_due(mailbox: Mailbox) -> WorkItem:
    """A worker has had the mailbox's item."""
    item = WorkItem.objects.filter(kind=WorkKind.POLL, row_id=mailbox.pk)
    item.update(due_at=clock.now(), set_at=clock.now())
    drains.drain_now(WorkKind.POLL, row_ids=[mailbox.pk])
    return item.get()


@pytest.mark.req("F68")
def test_a_mailbox_without_a_place_is_put_off_for_seconds_and_is_not_said_to_fail(fake: Any, full: Mailbox) -> None:
    item = poll_due(full)
    assert item.succeeded_at is None
    assert timedelta() < item.due_at - clock.now() <= timedelta(seconds=host_places.MAX_PAUSE_S)
    assert (fake.source.listings, fake.mailbox().failures_in_row) == (0, 0)


def test_another_server_and_another_organization_have_places_of_their_own(
    fake: Any, full: Mailbox, otherco: Any
) -> None:
    with organization_scope(full.organization_id):
        elsewhere = make_mailbox(full.organization)
        elsewhere.connection.host = "elsewhere.example.test"
        elsewhere.connection.save()
    theirs = make_mailbox(otherco)
    for mailbox in (elsewhere, theirs):
        assert poll_due(mailbox).succeeded_at is not None


def test_a_poll_by_hand_waits_for_no_place(fake: Any, full: Mailbox) -> None:
    assert fake.poll().errors == []
    assert fake.source.listings == 1


def test_a_place_is_free_after_the_poll_however_it_ended(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = fake.connect()
    for _ in range(5):
        fake.source.put(b"Subject: x\r\n\r\n")
        poll_due(mailbox)
    monkeypatch.setattr(
        "mailboxes.services.reading.polling._poll_and_record",
        lambda *_args, **_options: (_ for _ in ()).throw(KeyboardInterrupt),
    )
    for _ in range(3):
        claim = work.claim_row(
            WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.pk, lease_s=60, force=True
        )
        assert claim is not None
        with pytest.raises(KeyboardInterrupt):
            handle(claim)
        WorkItem.objects.update(leased_until=None)
    name = caller_of(mailbox.connection).place_name
    assert [cache.get(place_key(name, number)) for number in (0, 1)] == [None] * 2


def test_a_place_is_kept_by_the_heartbeat_of_the_lease(fake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = fake.connect()
    kept = threading.Event()
    monkeypatch.setattr(places, "keep_place", lambda _key, **_options: kept.set())
    monkeypatch.setattr(Lease, "check", lambda _lease: None)
    claim = lease_of(mailbox).claim
    with Lease(claim, lease_s=0.03) as lease, place_at_host(mailbox, lease, timeout_s=60):
        assert kept.wait(20)


@pytest.mark.req("F68")
def test_a_host_that_had_too_many_connections_of_two_accounts_is_met_with_few(fake: Any, settings: Any) -> None:
    settings.POLLS_PER_HOST = 12
    mailbox = fake.connect()
    for username in ("one", "another"):
        note_crowded(replace(account_of(mailbox), username=username))
    with ExitStack() as taken:
        found = [
            taken.enter_context(place_at_host(mailbox, lease_of(mailbox), timeout_s=60))
            for _ in range(POLLS_AT_CROWDED_HOST + 1)
        ]
    assert found == [True] * POLLS_AT_CROWDED_HOST + [False]


def test_pauses_for_a_place_grow_and_end_growing() -> None:
    assert all(host_places.pause_s(1) <= 1.5 for _ in range(20))
    assert all(10 <= host_places.pause_s(tries) <= host_places.MAX_PAUSE_S for tries in range(8, 1000))
