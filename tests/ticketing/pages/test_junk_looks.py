"""Where is my mail? The provider's folder for spam is looked into, live, and what lies there is the answer."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.junk import JunkFound, JunkMail, JunkQuery
from mailboxes.models import Connection, ConnectionKind
from mailboxes.services.reading import junk_looks
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.servers.waiting import wait_until
from ticketing.models import EntryKind, FilterMode
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.64", "S4.51")]
WHERE = "/o/fernhollow/inbound-log/where-is-my-mail/"
ANNA = "anna@customer.test"
HTMX = {"HX-Request": "true"}


@dataclass
class FakeJunk:
    """The folder for spam of every mailbox here."""

    found: JunkFound = field(default_factory=lambda: JunkFound("Junk"))
    trouble: ConnectorError | None = None
    asked: list[JunkQuery] = field(default_factory=list)

    def find_in_junk(self, query: JunkQuery) -> JunkFound:
        self.asked.append(query)
        if self.trouble is not None:
            raise self.trouble
        return self.found


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> FakeJunk:
    settings.MEDIA_ROOT = tmp_path / "files"
    source = FakeJunk()
    monkeypatch.setattr(junk_looks, "hurried_source_of", lambda _mailbox: source)
    return source


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def looked(client: Client, **asked: str) -> str:
    """The page once nothing is being looked into any more."""
    asked = {"q": ANNA, **asked}
    client.get(WHERE, asked, headers=HTMX)
    asked.pop("again", None)
    answers: list[str] = []

    def is_known() -> bool:
        answers.append(client.get(f"{WHERE}junk/", asked, headers=HTMX).content.decode())
        return "load delay" not in answers[-1]

    wait_until(is_known, what="the look")
    return client.get(WHERE, asked, headers=HTMX).content.decode()


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", page)).split())


def answer_of(page: str) -> str:
    [code] = re.findall(r'data-answer="(\w*)"', page)
    return str(code)


def two_mails() -> JunkFound:
    mails = (JunkMail(clock.now() - timedelta(hours=1), "My order"), JunkMail(None, ""))
    return JunkFound("Junk Email", mails)


@pytest.mark.usefixtures("in_fernhollow")
def test_what_lies_there_is_the_answer_with_what_to_do(admin: Client, folder: FakeJunk) -> None:
    make_mailbox(name="Repairs", is_enabled=False)
    folder.found = two_mails()
    page = looked(admin)
    assert answer_of(page) == "junk"
    assert "The provider put 2 mails of this sender into Junk Email" in words_of(page)
    assert "Repairs: “My order” (" in words_of(page)
    assert "“(no subject)”" in words_of(page)
    assert "tell the provider that they are no spam" in words_of(page)
    [query] = folder.asked
    assert query.sender == ANNA
    assert query.since < clock.now() - timedelta(days=6)


@pytest.mark.usefixtures("in_fernhollow")
def test_it_is_looked_into_once_until_somebody_asks_again(admin: Client, folder: FakeJunk) -> None:
    make_mailbox()
    looked(admin)
    page = looked(admin)
    assert 'data-state="ok" data-line="junk"' in page
    assert len(folder.asked) == 1
    folder.found = two_mails()
    assert answer_of(looked(admin, again="1")) == "junk"
    assert "again=1" in page
    assert len(folder.asked) == 2


def test_what_the_log_kept_out_answers_first_and_what_became_a_ticket_does_not(
    in_fernhollow: Any, admin: Client, folder: FakeJunk
) -> None:
    support = make_mailbox()
    folder.found = two_mails()
    receive(support, make_mail(sender=ANNA))
    assert answer_of(looked(admin)) == "junk"
    save_filter(None, FilterInput(FilterMode.IGNORE, [tidy_entry(EntryKind.ADDRESS, ANNA)]))
    receive(support, make_mail(sender=ANNA))
    assert answer_of(looked(admin)) == "log"


@pytest.mark.usefixtures("in_fernhollow")
@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.FOLDER_NOT_FOUND, "Repairs has no folder for spam."),
        (Reason.LOGIN_REFUSED, "Repairs: The server refuses the username or password."),
        (Reason.THROTTLED, "Repairs: The mail server asks us to wait."),
        (Reason.TIMEOUT, "Repairs: The mail server does not answer in time."),
    ],
)
def test_what_went_wrong_is_said(admin: Client, folder: FakeJunk, reason: Reason, words: str) -> None:
    make_mailbox(name="Repairs")
    folder.trouble = ConnectorError(reason, permanent=False)
    page = looked(admin)
    assert words in words_of(page)
    assert 'data-state="warn" data-line="junk"' in page


@pytest.mark.usefixtures("in_fernhollow")
def test_over_pop3_it_is_said_where_to_look(admin: Client, folder: FakeJunk) -> None:
    box = make_mailbox()
    Connection.objects.filter(pk=box.connection_id).update(kind=ConnectionKind.POP3)
    assert "Over POP3 a provider shows no folder but the inbox" in words_of(looked(admin))
    assert folder.asked == []


@pytest.mark.usefixtures("in_fernhollow")
def test_without_a_whole_address_or_with_many_mailboxes_it_is_said_what_is_missing(
    admin: Client, folder: FakeJunk
) -> None:
    boxes = [make_mailbox(name=f"Box {number}") for number in range(6)]
    assert "Choose the mailbox it was sent to" in words_of(looked(admin))
    assert "Enter the sender’s whole address" in words_of(looked(admin, q="lamps", mailbox=str(boxes[0].pk)))
    looked(admin, mailbox=str(boxes[0].pk))
    assert len(folder.asked) == 1


@pytest.mark.usefixtures("in_fernhollow")
def test_who_may_not_manage_mailboxes_has_nothing_looked_into(people: Any, client: Client, folder: FakeJunk) -> None:
    make_mailbox()
    client.force_login(people.agent.user)
    assert client.get(f"{WHERE}junk/", {"q": ANNA}).status_code == 403
    assert "Who manages mailboxes has it looked into" in words_of(client.get(WHERE, {"q": ANNA}).content.decode())
    assert folder.asked == []
