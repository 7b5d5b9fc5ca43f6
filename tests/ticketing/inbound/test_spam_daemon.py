"""The operator's spam daemon and new mail: when it is asked, what its word does, and what happens without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.spam_daemon.asking import Asker
from helpdesk.spam_daemon.values import Heard, Kind, Trouble
from helpdesk.tenancy import counters
from mailboxes.models import ExistingMail, Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive, receive_head
from tests.fakes.spam_daemon import CLEAN, SPAM, FakeSpamDaemon
from tests.ticketing.answering.answering import switch_on
from ticketing.answer_words import answer_views
from ticketing.inbound import recording
from ticketing.log_words import steps_of
from ticketing.mail.spam_content import words_of
from ticketing.models import (
    AutomaticAnswer,
    Contact,
    ContactAddress,
    SpamCorpus,
    SpamMark,
    SpamWord,
    Status,
    Ticket,
    TicketEvent,
)
from ticketing.queries.suggestions import suggestions_for
from ticketing.reason_links import setting_url
from ticketing.reason_words import reason_words
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.mail_policy import MailPolicyInput, set_mail_policy
from ticketing.spam_words import heard_words
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.15")]

Start = Callable[..., FakeSpamDaemon]
SAID = {
    Kind.SPAMASSASSIN: "SpamAssassin gives it 7.3 points, spam begins at 5, most by URIBL_BLACK (5.5)",
    Kind.RSPAMD: "Rspamd gives it 7.3 points and advises “add header”, most by URIBL_BLACK (5.5)",
}


@pytest.fixture
def start(settings: Any) -> Iterator[Start]:
    """Starts a daemon that answers so, and that the operator has set."""
    with ExitStack() as stack:

        def started(answer: bytes | None, *, kind: Kind = Kind.SPAMASSASSIN, timeout_s: float = 20) -> FakeSpamDaemon:
            fake = stack.enter_context(FakeSpamDaemon(kind, answer))
            settings.SPAM_DAEMON = fake.as_set(timeout_s=timeout_s)
            return fake

        yield started


@pytest.fixture
def spam_daemon(start: Start) -> FakeSpamDaemon:
    """One that calls everything spam."""
    return start(SPAM[Kind.SPAMASSASSIN])


def step_of_spam(seen: RemoteMessage) -> str:
    """What the log says that the step saw."""
    return next(step.text for step in steps_of(seen) if step.title == "No sign of spam that counts")


@pytest.mark.both
@pytest.mark.parametrize("kind", Kind)
def test_what_it_calls_spam_is_spam_with_its_words_and_the_switch(support: Any, start: Start, kind: Kind) -> None:
    fake, mail = start(SPAM[kind], kind=kind), make_mail()
    [seen] = receive(support, mail)
    ticket = Ticket.objects.get()
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.SPAM, "spam_daemon", ticket.pk)
    assert (ticket.spam_mark, ticket.status) == (SpamMark.AUTO_SPAM, Status.NEW)
    assert SAID[kind] in reason_words(seen)
    assert f"Ask {fake.as_set().name} about new mail" in reason_words(seen)
    assert setting_url(Organization.objects.get(slug="fernhollow"), seen).endswith("/spam/#id_asks_spam_daemon")
    assert SAID[kind] in event_words(TicketEvent.objects.get(kind="spam_marked"))
    assert [request.endswith(mail) for request in fake.requests] == [True]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.SPAMASSASSIN, "SpamAssassin gives it 0.4 points, spam begins at 5."),
        (Kind.RSPAMD, "Rspamd gives it 0.4 points and advises nothing."),
    ],
)
def test_what_it_finds_harmless_opens_a_ticket_and_the_log_has_its_score(
    support: Any, start: Start, kind: Kind, words: str
) -> None:
    start(CLEAN[kind], kind=kind)
    [seen] = receive(support, make_mail())
    assert (seen.outcome, Ticket.objects.get().spam_mark) == (Outcome.CREATED, SpamMark.NONE)
    assert words in step_of_spam(seen)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "SpamAssassin did not answer in time, so the mail went on without it."),
        (b"* OK IMAP4rev1 ready\r\n", "SpamAssassin gave an answer that cannot be read"),
        (b"", "SpamAssassin refused to answer"),
    ],
)
def test_without_its_answer_the_mail_goes_on_and_the_log_says_why(
    support: Any, start: Start, answer: bytes | None, words: str
) -> None:
    start(answer, timeout_s=0.1 if answer is None else 20)
    [seen] = receive(support, make_mail())
    assert seen.outcome == Outcome.CREATED
    assert words in step_of_spam(seen)


@pytest.mark.parametrize("trouble", Trouble)
def test_why_it_said_nothing_has_a_sentence(trouble: Trouble) -> None:
    assert heard_words({"name": "rspamd", "trouble": trouble.value}).startswith("Rspamd ")


def _ignored_history(mailbox: Any) -> RemoteMessage:
    Mailbox.objects.update(existing_mail=ExistingMail.CLOSED)
    return receive(mailbox, make_mail(), is_history=True)[0]


def _answer(mailbox: Any) -> RemoteMessage:
    Mailbox.objects.update(asks_spam_daemon=False)
    receive(mailbox, make_mail(message_id="first@customer.test"))
    Mailbox.objects.update(asks_spam_daemon=True)
    return receive(mailbox, make_mail(answers="first@customer.test"))[0]


def _switched_off(mailbox: Any) -> RemoteMessage:
    Mailbox.objects.update(asks_spam_daemon=False)
    return receive(mailbox, make_mail())[0]


def _switched_off_for_all(mailbox: Any) -> RemoteMessage:
    set_mail_policy(MailPolicyInput(asks_spam_daemon=False))
    return receive(mailbox, make_mail())[0]


def _called_clean(mailbox: Any) -> RemoteMessage:
    """By what fifty people's marks of each kind would teach."""
    SpamCorpus.objects.create(spam_marks=50, clean_marks=50)
    words = words_of(subject="Broken lamp", text="The lamp does not work.", sender="anna@customer.test")
    SpamWord.objects.bulk_create(SpamWord(word=word, in_spam=0, in_clean=50) for word in words)
    return receive(mailbox, make_mail())[0]


@pytest.mark.parametrize(
    ("bring", "outcome"),
    [
        (_ignored_history, Outcome.CREATED),
        (_answer, Outcome.ADDED),
        (_switched_off, Outcome.CREATED),
        (_switched_off_for_all, Outcome.CREATED),
        (_called_clean, Outcome.CREATED),
        (lambda mailbox: receive(mailbox, make_mail(headers=[("X-Spam-Flag", "YES")]))[0], Outcome.SPAM),
        (lambda mailbox: receive(mailbox, make_mail(headers=[("Auto-Submitted", "auto-replied")]))[0], Outcome.IGNORED),
        (lambda mailbox: receive_head(mailbox, make_mail()), Outcome.CREATED),
    ],
)
def test_it_is_not_asked_where_its_word_would_not_count(
    support: Any, spam_daemon: FakeSpamDaemon, bring: Callable[[Any], RemoteMessage], outcome: str
) -> None:
    assert (bring(support).outcome, spam_daemon.requests) == (outcome, [])


@pytest.mark.req("S3.25")
def test_what_a_person_calls_clean_is_reprocessed_without_asking_it(
    support: Any, spam_daemon: FakeSpamDaemon, people: Any
) -> None:
    receive(support, make_mail())
    [ticket] = changes.mark_spam([Ticket.objects.get()], is_spam=False, by=By(actor=people.agent))
    suggestions_for(ticket)
    ticket.refresh_from_db()
    assert (ticket.spam_mark, len(spam_daemon.requests)) == (SpamMark.MANUAL_CLEAN, 1)


def test_no_transaction_is_open_meanwhile(
    support: Any, spam_daemon: FakeSpamDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    depths: list[int] = []
    hear = Asker.hear

    def noted(self: Asker, content: bytes) -> Heard:
        depths.append(len(connection.savepoint_ids))
        return hear(self, content)

    monkeypatch.setattr(Asker, "hear", noted)
    receive(support, make_mail())
    assert depths == [len(connection.savepoint_ids)]


def test_a_mail_that_is_decided_anew_is_shown_to_it_once(
    support: Any, spam_daemon: FakeSpamDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, stale = recording.draft, [True]

    def interrupted(*about: Any, **more: Any) -> Any:
        if stale.pop() if stale else False:
            contact = Contact.objects.create(name="Anna", created_at=clock.now())
            ContactAddress.objects.create(contact=contact, address="anna@customer.test", created_at=clock.now())
            counters.take(events=1)
        return draft(*about, **more)

    monkeypatch.setattr(recording, "draft", interrupted)
    [seen] = receive(support, make_mail())
    assert (seen.outcome, len(spam_daemon.requests), stale) == (Outcome.SPAM, 1, [])


def test_spam_that_is_kept_out_gets_no_answer_either(support: Any, spam_daemon: FakeSpamDaemon) -> None:
    Mailbox.objects.update(answers_only=True)
    switch_on(support, acknowledges=None, tells_not_worked=True)
    [seen] = receive(support, make_mail())
    answer = AutomaticAnswer.objects.get()
    assert (seen.outcome, len(spam_daemon.requests)) == (Outcome.IGNORED, 1)
    assert f"It is spam: {SAID[Kind.SPAMASSASSIN]}" in answer_views([answer])[0].text
