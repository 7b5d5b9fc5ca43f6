"""Fetching one large message whole: what may go wrong at the server, on the disk or in the worker, and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import LARGEST_MESSAGE_BYTES, RawMessage, RawState, RemoteMessage, WholeFetch
from mailboxes.queries.whole_fetches import WholeMail, whole_mails
from mailboxes.services.reading import polling, whole_fetching
from mailboxes.services.reading.whole_requests import CannotFetchWhole, ask_for_whole
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F25")]


@pytest.fixture
def large(fake: Any) -> Any:
    """A mailbox that has the headers of message 1, which has their verdict."""
    fake.connect(max_message_bytes=1000)
    fake.source.put(mail(1, body="x" * 5000))
    fake.poll()
    with organization_scope(fake.organization.id):
        RawMessage.objects.update(state=RawState.DONE)
        RemoteMessage.objects.update(outcome="created")
    return fake


def ask(large: Any, people: Any) -> bool:
    with organization_scope(large.organization.id):
        return ask_for_whole(RawMessage.objects.get(is_header_only=True), actor=people.admin)


def shown(large: Any) -> WholeMail:
    """What pages show of it."""
    with organization_scope(large.organization.id):
        [found] = whole_mails(RawMessage.objects.values_list("id", flat=True)).values()
        return found


def spoil(large: Any, reason: Reason, *, permanent: bool = False) -> None:
    error = ConnectorError(reason, permanent=permanent, detail="the server's words")
    large.source.messages[1].error = error


def test_the_bytes_are_stored_whatever_the_limit_and_due_to_be_processed(large: Any, people: Any) -> None:
    ask(large, people)
    large.poll()
    [sighting] = large.sightings()
    assert (sighting.raw.is_header_only, sighting.raw.state, sighting.outcome) == (False, "pending", "pending")
    assert files.read(sighting.raw.storage_key) == mail(1, body="x" * 5000)
    assert (shown(large).state, shown(large).goes_on) == ("stored", True)


def test_nobody_asks_and_nothing_is_fetched(large: Any) -> None:
    large.source.fetched.clear()
    large.poll()
    assert large.source.fetched == []


def test_what_the_server_cannot_give_is_tried_three_times_and_then_said(large: Any, people: Any) -> None:
    ask(large, people)
    spoil(large, Reason.MESSAGE_UNREADABLE)
    large.poll()
    assert (shown(large).state, shown(large).goes_on) == ("requested", True)
    large.poll()
    large.poll()
    assert (shown(large).state, shown(large).wish.detail) == ("failed", "the server's words")
    assert "failed on this message" in str(shown(large).why)
    assert "Try again later" in str(shown(large).why)


def test_after_a_failure_it_can_be_asked_for_again(large: Any, people: Any) -> None:
    ask(large, people)
    spoil(large, Reason.TOO_LARGE, permanent=True)
    large.poll()
    assert "500 MB" in str(shown(large).why)
    large.source.messages[1].error = None
    assert ask(large, people)
    large.poll()
    assert shown(large).state == "stored"


def test_a_message_that_the_server_lost_says_what_to_do(large: Any, people: Any) -> None:
    ask(large, people)
    spoil(large, Reason.MESSAGE_GONE, permanent=True)
    large.poll()
    assert "Move it back" in str(shown(large).why)


def test_a_server_that_fails_stops_no_other_mail_and_is_said(large: Any, people: Any) -> None:
    ask(large, people)
    large.source.put(mail(2))
    large.poll()
    large.source.put(mail(3))
    large.source.trouble = ConnectorError(Reason.UNREACHABLE, permanent=False)
    assert large.poll().errors == ["unreachable"]
    assert large.raw_count() == 3


def test_while_the_mailbox_cannot_be_read_the_wish_says_so(large: Any, people: Any) -> None:
    ask(large, people)
    large.source.trouble = ConnectorError(Reason.LOGIN_REFUSED, permanent=True)
    large.poll()
    assert shown(large).state == "requested"
    assert "refuses the username or password" in str(shown(large).waits_for)


def test_a_full_disk_is_said_and_the_mailbox_goes_on(large: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(large, people)

    def full(*_arguments: object) -> None:
        raise files.StorageDown(OSError(28, "No space left on device"))

    with monkeypatch.context() as patched:
        patched.setattr(whole_fetching.files, "write_all_durably", full)
        assert large.poll().errors[0].startswith("disk_full")
    assert "make room" in str(shown(large).why)
    assert ask(large, people)
    large.poll()
    assert shown(large).state == "stored"


def test_a_worker_that_dies_each_time_ends_in_a_failure(
    large: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(large, people)
    with organization_scope(large.organization.id):
        WholeFetch.objects.update(state="fetching", attempts=whole_fetching.MAX_TRIES)
    large.poll()
    assert "worker died" in str(shown(large).why)


def test_a_message_above_everything_is_refused_with_the_limit(large: Any, people: Any) -> None:
    with organization_scope(large.organization.id):
        RawMessage.objects.update(size_bytes=LARGEST_MESSAGE_BYTES + 1)
    with pytest.raises(CannotFetchWhole, match="500 MB"):
        ask(large, people)


def test_headers_without_a_verdict_are_not_completed_yet(large: Any, people: Any) -> None:
    with organization_scope(large.organization.id):
        RawMessage.objects.update(state=RawState.PENDING)
    with pytest.raises(CannotFetchWhole, match="not processed"):
        ask(large, people)


@pytest.mark.req("F31")
def test_a_poll_that_lost_its_lease_stores_nothing(large: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(large, people)

    def lose(point: str) -> None:
        if point == "whole.files_durable":
            work.revoke(
                work.WorkKind.POLL,
                organization_id=large.organization.id,
                row_id=large.mailbox_id,
                due_at=polling.clock.now(),
            )

    with monkeypatch.context() as patched:
        patched.setattr(whole_fetching.faults, "point", lose)
        claim = work.claim_row(
            work.WorkKind.POLL, organization_id=large.organization.id, row_id=large.mailbox_id, lease_s=60, force=True
        )
        with pytest.raises(work.LeaseLost):
            polling.poll(claim, even_if_paused=False)
    assert large.raw_count() == 1
    large.poll()
    assert (large.raw_count(), shown(large).state) == (2, "stored")


def test_of_another_organization_nothing_is_known(large: Any, people: Any, otherco: Any) -> None:
    ask(large, people)
    with organization_scope(otherco.id):
        assert not WholeFetch.objects.exists()
