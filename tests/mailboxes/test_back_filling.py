"""Days of a mailbox imported again: counted first, then brought in as history, each message once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import Order
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import BackFill, IgnoredRange
from mailboxes.queries.back_fills import progress_of
from mailboxes.services.reading.back_fills import CannotBackFill, count_days, import_days
from mailboxes.services.reading.foreground import poll_now
from tests.mailboxes.account import mail
from ticketing.models import AutomaticAnswer, Status, Ticket

pytestmark = [pytest.mark.django_db]


def ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


@pytest.fixture
def polled(fake: Any, people: Any, request: Any) -> Any:
    """Four old mails are left alone, a new one is here."""
    fake.source.order = getattr(request, "param", Order.NUMBERS)
    for number, days_ago in ((1, 30), (2, 12), (3, 8), (4, 3)):
        fake.source.put(mail(number), received_at=ago(days_ago))
    fake.connect()
    fake.source.put(mail(5))
    fake.poll()
    assert fetched(fake) == [("mail-5", False)]
    return fake


def fetched(fake: Any) -> list[tuple[str, bool]]:
    """What is here: Message-ID, and whether it counts as history."""
    return sorted((row.message_id.partition("@")[0], row.raw.is_history) for row in fake.sightings() if row.raw)


def count(fake: Any, people: Any, *, since: int = 15, before: int = 5) -> tuple[str, int | None, int | None]:
    """The days have been counted."""
    with organization_scope(fake.organization.id):
        count_days(fake.mailbox(), since=ago(since), before=ago(before), actor=people.admin)
    fake.poll()
    with organization_scope(fake.organization.id):
        wish = BackFill.objects.get()
    return wish.state, wish.listed, wish.missing


def bring_in(fake: Any, people: Any) -> None:
    with organization_scope(fake.organization.id):
        import_days(fake.mailbox(), actor=people.admin)


@pytest.mark.both
@pytest.mark.parametrize("polled", [Order.NUMBERS, Order.DATES], indirect=True)
def test_counted_days_are_imported_as_closed_history_once_and_nobody_is_answered(polled: Any, people: Any) -> None:
    assert count(polled, people) == ("counted", 2, 2)
    assert fetched(polled) == [("mail-5", False)]
    bring_in(polled, people)
    poll_now(polled.mailbox_id, is_processed=True, wait_s=5)
    assert fetched(polled) == [("mail-2", True), ("mail-3", True), ("mail-5", False)]
    with organization_scope(polled.organization.id):
        assert list(IgnoredRange.objects.values_list("count", flat=True)) in ([2], [])
        old = Ticket.objects.filter(subject__in=["Mail 2", "Mail 3"])
        assert [ticket.status for ticket in old] == [Status.CLOSED] * 2
        assert not AutomaticAnswer.objects.filter(state="due").exists()
        entry = AuditEntry.objects.get(action="mailbox.back_filled")
    assert entry.changes["messages"][1] == 2
    assert count(polled, people) == ("counted", 2, 0)
    bring_in(polled, people)
    assert (polled.poll().stored, polled.poll().listed, polled.raw_count()) == (0, 0, 3)


def test_broken_off_in_the_middle_it_goes_on(polled: Any, people: Any) -> None:
    count(polled, people, since=40, before=1)
    bring_in(polled, people)
    polled.source.fetch_trouble = ConnectorError(Reason.TIMEOUT, permanent=False)
    polled.poll()
    with organization_scope(polled.organization.id):
        progress = progress_of(polled.mailbox())
    assert progress is not None
    assert (progress.done, progress.waiting, progress.is_running) == (0, 4, True)
    polled.source.fetch_trouble = None
    assert polled.poll().stored == 4
    assert polled.poll().stored == 0
    assert len(fetched(polled)) == 5


def test_what_was_left_out_by_the_start_date_is_let_in(fake: Any, people: Any) -> None:
    fake.connect(existing_mail="open", start_at=ago(5))
    fake.poll()
    fake.source.put(mail(1), received_at=ago(10))
    fake.poll()
    assert [row.reason_code for row in fake.sightings()] == ["before_start"]
    assert count(fake, people) == ("counted", 1, 1)
    bring_in(fake, people)
    assert (fake.poll().stored, fetched(fake)) == (1, [("mail-1", True)])


def test_a_paused_mailbox_is_not_read(polled: Any, people: Any) -> None:
    polled.set(is_enabled=False)
    with pytest.raises(CannotBackFill, match="Resume it first"), organization_scope(polled.organization.id):
        count_days(polled.mailbox(), since=ago(5), before=ago(1), actor=people.admin)


def test_the_page_counts_first_and_then_offers_to_import(polled: Any, people: Any, client: Any) -> None:
    client.force_login(people.admin.user)
    page = f"/o/fernhollow/mailboxes/{polled.mailbox_id}/back-fill/"
    days = {"first": ago(15).date().isoformat(), "last": ago(6).date().isoformat()}
    assert "Choose the first day itself" in client.post(page, days | {"last": "1999-01-01"}).content.decode()
    assert client.post(page, days).status_code == 302
    assert "are being counted" in client.get(page).content.decode()
    polled.poll()
    shown = client.get(page, HTTP_HX_REQUEST="true").content.decode()
    assert ("Import 2 messages" in shown, "<title" in shown) == (True, False)
    client.post(f"{page}import/")
    polled.poll()
    assert "All of them are here." in client.get(page).content.decode()
    client.post(f"{page}import/")
    assert "Reload the page" in client.get(page).content.decode()
