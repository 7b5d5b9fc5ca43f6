"""The import step counts: all that is there, and what came since the chosen day, beside the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import Order
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Connection, ConnectionKind, Mailbox
from mailboxes.services.setup import counting
from tests.fakes.source import FakeSource
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.req("S2.45", "S1.34")]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> FakeSource:
    """What the server of every mailbox here holds: mail of three days."""
    source = FakeSource()
    for day in (1, 2, 2, 3):
        source.put(b"Subject: x\r\n\r\n", received_at=datetime(2026, 3, day, tzinfo=UTC))
    monkeypatch.setattr(counting, "source_of", lambda _mailbox: source)
    return source


@pytest.fixture
def step(admin: Client, folder: FakeSource, fernhollow: Any) -> Iterator[str]:
    """The page of a draft whose test was passed over."""
    admin.post(f"{MAILBOXES}new/?card=imap", entered(then="later"))
    draft = only_mailbox(fernhollow)
    admin.post(f"{MAILBOXES}{draft.pk}/setup/test/")
    with clock.held_at(datetime(2026, 11, 1, tzinfo=UTC)):
        yield f"{MAILBOXES}{draft.pk}/existing/"


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())


def part(admin: Client, address: str, **asked: str) -> str:
    """What the part says once nothing of it is being counted any more."""
    answers: list[str] = []

    def is_known() -> bool:
        answers.append(admin.get(address, asked).content.decode())
        return "load delay" not in answers[-1]

    wait_until(is_known, what="the count")
    return answers[-1]


def test_all_and_since_a_day_are_counted(admin: Client, step: str) -> None:
    assert "4 messages are already in INBOX" in words_of(part(admin, f"{step}count/"))
    for day, words in (
        ("2026-03-02", "3 messages of 4, received since March 2, 2026"),
        ("2026-03-03", "1 message of 4, received since March 3, 2026"),
        ("2026-04-01", "0 messages of 4, received since April 1, 2026"),
        ("", "All 4 messages that are there."),
    ):
        assert words in words_of(part(admin, f"{step}since/", since=day))


def test_what_may_leave_the_folder_follows_the_day(admin: Client, step: str) -> None:
    assert "up to 3 messages may leave INBOX" in words_of(part(admin, f"{step}since/", since="2026-03-02"))
    assert "Yes, 1 message may leave INBOX" in words_of(part(admin, f"{step}since/", since="2026-03-03"))


def test_the_day_that_was_kept_is_counted_when_the_page_comes(admin: Client, step: str) -> None:
    admin.post(step, {"existing_mail": "open", "since": "2026-03-02", "after_import": "leave", "then": "later"})
    part(admin, f"{step}since/", since="2026-03-02")
    assert "3 messages of 4, received since March 2, 2026" in words_of(admin.get(step).content.decode())


@pytest.mark.parametrize("day", ["1066-10-14", "2999-01-01", "soon"])
def test_a_day_that_cannot_be_is_said_and_nothing_is_counted(
    admin: Client, step: str, fernhollow: Any, day: str
) -> None:
    assert re.search("Choose a day|Enter a valid date", words_of(part(admin, f"{step}since/", since=day)))


def test_until_it_is_counted_it_says_so_and_asks_again(admin: Client, step: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(counting, "_count", lambda *_: None)  # a server that never answers
    page = admin.get(step).content.decode()
    assert "Looking into INBOX" in words_of(page)
    assert "Counting what came since March 2, 2026" in words_of(
        admin.get(f"{step}since/", {"since": "2026-03-02"}).content.decode()
    )


def test_one_look_at_a_time_however_many_days_are_asked_for(
    admin: Client, step: str, monkeypatch: Any, fernhollow: Any
) -> None:
    looks: list[date | None] = []
    monkeypatch.setattr(counting, "_count", lambda _mailbox, _source, since: looks.append(since))
    for day in range(1, 9):
        admin.get(f"{step}since/", {"since": f"2026-03-0{day}"})
    wait_until(lambda: bool(looks), what="the look")
    assert looks == [date(2026, 3, 1)]


def test_why_it_could_not_be_counted_stands_there_with_a_way_to_try_again(
    admin: Client, step: str, folder: FakeSource
) -> None:
    folder.trouble = ConnectorError(Reason.LOGIN_REFUSED, permanent=True)
    for rest, what in (("count/", "INBOX could not be opened"), ("since/", "March 2, 2026 could not be counted")):
        page = part(admin, f"{step}{rest}", since="2026-03-02")
        assert what in words_of(page)
        assert "The server refuses the username or password." in words_of(page)
        assert "again=1" in page
    folder.trouble = None
    assert "4 messages" in words_of(part(admin, f"{step}count/", again="1"))
    assert "3 messages of 4, received since" in words_of(part(admin, f"{step}since/", since="2026-03-02", again="1"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_trouble_of_our_own_ends_as_well(admin: Client, step: str, folder: FakeSource) -> None:
    folder.messages = None  # type: ignore[assignment]  # what no server does
    assert "could not be opened" in words_of(part(admin, f"{step}count/"))


def test_pop3_says_that_it_cannot_and_no_server_is_asked_for_it(
    admin: Client, step: str, folder: FakeSource, fernhollow: Any
) -> None:
    folder.order = Order.NONE
    with organization_scope(fernhollow.id):
        Connection.objects.update(kind=ConnectionKind.POP3)
        assert not counting.tells_dates(Mailbox.objects.select_related("connection").get())
    page = admin.get(step).content.decode()
    assert "POP3 tells no dates" in words_of(page)
    assert "existing/since/" not in page
