"""The operator's daemon is told what people mark: each mail once, a changed mark, nothing where nobody wants it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock, files
from helpdesk.spam_daemon.values import Kind
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Mailbox, RawMessage
from tests.factories.incoming import make_mail, receive
from tests.fakes.spam_daemon import FakeSpamDaemon
from ticketing.models import MailPolicy, SpamMark, TaughtMail, Ticket
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.spam_learning import learn_marks

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.15")]

MAIL = make_mail(text="Buy now")
DONE = b"SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n"
LEARNED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"


@pytest.fixture
def daemon(settings: Any) -> Iterator[FakeSpamDaemon]:
    """One that learns whatever it is told."""
    with FakeSpamDaemon(Kind.SPAMASSASSIN, DONE) as fake:
        settings.SPAM_TEACHING = fake.as_set()
        yield fake


@pytest.fixture
def ticket(support: Any) -> Ticket:
    """The ticket of one mail."""
    [seen] = receive(support, MAIL)
    found: Ticket = Ticket.objects.get(pk=seen.ticket_id)
    return found


def mark(ticket: Ticket, people: Any, *, is_spam: bool) -> None:
    changes.mark_spam([ticket], is_spam=is_spam, by=By(actor=people.agent))


def work_off(*, later: timedelta = timedelta(0)) -> None:
    with clock.held_at(clock.now() + later):
        drains.drain_now(WorkKind.TEACH)


def told(daemon: FakeSpamDaemon) -> list[str]:
    """What it was told, in order."""
    lines = [request.partition(b"Content-length")[0].decode().split("\r\n")[1:-1] for request in daemon.requests]
    return [" ".join(each) for each in lines]


SPAM, CLEAN, FORGET = "Message-class: spam Set: local", "Message-class: ham Set: local", "Remove: local"


@pytest.mark.both
def test_each_mail_is_told_once_after_the_mark_and_again_when_that_changes(
    daemon: FakeSpamDaemon, ticket: Ticket, people: Any
) -> None:
    mark(ticket, people, is_spam=True)
    assert told(daemon) == []  # nobody waited for it
    work_off()
    assert told(daemon) == [SPAM]
    assert daemon.requests[0].endswith(MAIL)
    learn_marks([Ticket.objects.get()])  # the same mark once more
    work_off()
    assert told(daemon) == [SPAM]
    mark(ticket, people, is_spam=False)
    work_off()
    Ticket.objects.update(spam_mark=SpamMark.NONE)
    learn_marks([Ticket.objects.get()])
    work_off()
    assert told(daemon) == [SPAM, CLEAN, FORGET]
    assert not WorkItem.objects.filter(kind=WorkKind.TEACH).exists()


def test_a_mark_that_changes_before_it_is_told_is_told_as_it_is_then(
    daemon: FakeSpamDaemon, ticket: Ticket, people: Any
) -> None:
    mark(ticket, people, is_spam=True)
    mark(ticket, people, is_spam=False)
    work_off()
    assert told(daemon) == [CLEAN]


def test_a_mark_that_changes_while_it_is_told_is_told_as_well(
    daemon: FakeSpamDaemon, ticket: Ticket, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, meanwhile = files.read, iter([False])

    def slow(key: str) -> bytes:
        for is_spam in meanwhile:
            mark(ticket, people, is_spam=is_spam)
        return read(key)

    monkeypatch.setattr(files, "read", slow)
    mark(ticket, people, is_spam=True)
    work_off()
    assert told(daemon) == [SPAM, CLEAN]
    assert TaughtMail.objects.get().taught == "clean"


def test_one_that_does_not_answer_is_told_later_and_one_day_no_more(
    daemon: FakeSpamDaemon, ticket: Ticket, people: Any
) -> None:
    daemon.answer = b""
    mark(ticket, people, is_spam=True)
    work_off()
    assert WorkItem.objects.get(kind=WorkKind.TEACH).due_at > clock.now()
    work_off(later=timedelta(days=8))
    assert not WorkItem.objects.filter(kind=WorkKind.TEACH).exists()
    assert TaughtMail.objects.get().taught == "nothing"


def test_rspamd_learns_a_mail_anew_but_is_not_asked_to_forget(
    daemon: FakeSpamDaemon, ticket: Ticket, people: Any, settings: Any
) -> None:
    with FakeSpamDaemon(Kind.RSPAMD, LEARNED) as rspamd:
        settings.SPAM_TEACHING = rspamd.as_set()
        for is_spam in (True, False):
            mark(ticket, people, is_spam=is_spam)
            work_off()
        Ticket.objects.update(spam_mark=SpamMark.NONE)
        learn_marks([Ticket.objects.get()])
        work_off()
        asked = [request.split(b" ")[1] for request in rspamd.requests]
    assert asked == [b"/learnspam", b"/learnham"]
    assert not WorkItem.objects.filter(kind=WorkKind.TEACH).exists()


@pytest.mark.parametrize("page", ["mailboxes/{0}/spam/", "incoming-mail/"])
def test_the_switches_say_that_it_is_told(
    daemon: FakeSpamDaemon, support: Any, people: Any, signed_in: Any, settings: Any, page: str
) -> None:
    settings.SPAM_DAEMON, where = settings.SPAM_TEACHING, f"/o/fernhollow/{page.format(support.pk)}"
    admin, words = signed_in(people.admin), "It is also told what people mark"
    assert words in admin.get(where).content.decode()
    settings.SPAM_TEACHING = None
    assert words not in admin.get(where).content.decode()


@pytest.mark.parametrize("obstacle", ["no daemon", "the mailbox", "the organization", "the source"])
def test_nothing_is_told_where_nobody_wants_it_or_the_mail_is_gone(
    daemon: FakeSpamDaemon, ticket: Ticket, people: Any, settings: Any, obstacle: str
) -> None:
    if obstacle == "no daemon":
        settings.SPAM_TEACHING = None
    elif obstacle == "the mailbox":
        Mailbox.objects.update(asks_spam_daemon=False)
    elif obstacle == "the organization":
        MailPolicy.objects.create(asks_spam_daemon=False)
    else:
        files.discard(RawMessage.objects.values_list("storage_key", flat=True))
    mark(ticket, people, is_spam=True)
    work_off()
    assert told(daemon) == []
    assert not WorkItem.objects.filter(kind=WorkKind.TEACH).exists()
