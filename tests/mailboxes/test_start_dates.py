"""The start date of a mailbox that is polled already is moved: nothing lost, nothing doubled, nothing answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ExistingMail, IgnoredRange, Mailbox, OutboxMessage, Outcome, RemoteMessage
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.mailboxes import update_mailbox
from tests.mailboxes.account import mail, words
from ticketing.models import Status, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def put(account: Any, number: int, *, days_ago: int) -> None:
    """A mail that the server received so many days ago lies in the folder."""
    with account.server.client(account.user) as client:
        client.append("INBOX", mail(number), msg_time=clock.now() - timedelta(days=days_ago))


def change(account: Any, *, start_days_ago: int | None, existing_mail: str) -> None:
    """An admin moves the start of the mailbox."""
    start_at = None if start_days_ago is None else clock.now() - timedelta(days=start_days_ago)
    values = account.entered(start_at=start_at, existing_mail=ExistingMail(existing_mail))
    mailbox = account.mailbox()
    with organization_scope(account.organization.id):
        update_mailbox(mailbox, values)


def subjects(account: Any) -> list[tuple[str, bool]]:
    """What was fetched: Message-ID, and whether it counts as history."""
    return sorted((row.message_id.partition("@")[0], row.raw.is_history) for row in account.sightings() if row.raw)


def ignored_count(account: Any) -> list[int]:
    with organization_scope(account.organization.id):
        return list(IgnoredRange.objects.values_list("count", flat=True))


@pytest.fixture
def polled(account: Any) -> Any:
    """Three old mails are ignored, a new one is here."""
    for number, days_ago in ((1, 30), (2, 10), (3, 3)):
        put(account, number, days_ago=days_ago)
    account.connect()
    account.deliver(4)
    account.poll()
    assert subjects(account) == [("mail-4", False)]
    assert ignored_count(account) == [3]
    return account


@pytest.mark.both
@pytest.mark.req("S1.34", "S2.6", "S2.16")
def test_moved_earlier_what_was_ignored_since_then_is_imported_as_history(polled: Any) -> None:
    change(polled, start_days_ago=15, existing_mail="closed")
    assert polled.poll().stored == 2
    assert subjects(polled) == [("mail-2", True), ("mail-3", True), ("mail-4", False)]
    assert ignored_count(polled) == [1]
    assert polled.poll().stored == 0


@pytest.mark.req("S1.34", "S2.16")
def test_without_a_start_date_nothing_is_left_in_the_ignored_range(polled: Any) -> None:
    change(polled, start_days_ago=None, existing_mail="open")
    assert polled.poll().stored == 3
    assert ignored_count(polled) == []
    put(polled, 5, days_ago=0)
    polled.poll()
    assert subjects(polled)[3:] == [("mail-4", False), ("mail-5", False)]


@pytest.mark.req("S2.6", "S2.16")
def test_what_is_let_in_becomes_tickets_as_chosen_and_nothing_is_answered(polled: Any) -> None:
    change(polled, start_days_ago=15, existing_mail="closed")
    poll_now(polled.mailbox_id, is_processed=True, wait_s=5)
    with organization_scope(polled.organization.id):
        assert [ticket.status for ticket in Ticket.objects.filter(subject__in=["Mail 2", "Mail 3"])] == [
            Status.CLOSED
        ] * 2
        assert not OutboxMessage.objects.exists()


@pytest.mark.req("S1.34")
def test_moved_later_what_is_here_stays_and_what_is_older_is_ignored_from_then_on(account: Any) -> None:
    put(account, 1, days_ago=10)
    account.connect(existing_mail="open")
    account.poll()
    change(account, start_days_ago=5, existing_mail="open")
    put(account, 2, days_ago=7)
    account.poll()
    first, second = account.sightings()
    assert first.raw is not None
    assert (second.outcome, second.reason_code, second.raw) == (Outcome.IGNORED, "before_start", None)
    assert words(second).startswith("Received before the mailbox's start date, ")


@pytest.mark.req("S1.34")
@pytest.mark.parametrize(("start_days_ago", "existing_mail"), [(5, "open"), (None, "ignore")])
def test_what_waits_to_be_fetched_and_is_left_out_now_is_ignored(
    account: Any, start_days_ago: int | None, existing_mail: str
) -> None:
    put(account, 1, days_ago=10)
    account.connect(existing_mail="open")
    account.poll()
    with organization_scope(account.organization.id):
        RemoteMessage.objects.update(raw=None, outcome=Outcome.PENDING)
    change(account, start_days_ago=start_days_ago, existing_mail=existing_mail)
    account.poll()
    (row,) = account.sightings()
    assert (row.outcome, row.raw) == (Outcome.IGNORED, None)


@pytest.mark.req("S1.34", "F39")
@pytest.mark.parametrize("is_renumbered", [False, True])
def test_moved_later_and_back_what_was_left_out_between_is_history_whatever_the_numbers(
    account: Any, is_renumbered: bool
) -> None:
    account.connect(existing_mail="open")
    with organization_scope(account.organization.id):
        Mailbox.objects.update(connected_at=clock.now() - timedelta(days=20))
    change(account, start_days_ago=5, existing_mail="open")
    put(account, 1, days_ago=10)
    put(account, 2, days_ago=1)
    account.poll()
    if is_renumbered:
        account.server.reset_uidvalidity(account.user)
        account.poll()
    assert subjects(account)[0] == ("mail-2", False)
    change(account, start_days_ago=15, existing_mail="open")
    assert account.poll().stored == 1
    assert subjects(account)[0] == ("mail-1", True)
    assert account.poll().stored == 0


@pytest.mark.req("S1.34")
def test_the_trail_says_who_moved_the_start(polled: Any) -> None:
    change(polled, start_days_ago=15, existing_mail="closed")
    with organization_scope(polled.organization.id):
        entry = AuditEntry.objects.filter(action="mailbox.changed").get()
    assert {"start_at", "existing_mail"} <= set(entry.changes)
