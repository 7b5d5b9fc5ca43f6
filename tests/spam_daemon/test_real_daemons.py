"""SpamAssassin and Rspamd as they are: what they call spam, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings

from helpdesk.spam_daemon import rspamd, spamd
from helpdesk.spam_daemon.asking import ask
from helpdesk.spam_daemon.teaching import teach
from helpdesk.spam_daemon.values import Daemon, Heard, Hit, Kind, Lesson, Trouble
from mailboxes.models import Outcome
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.servers.spam_daemons import GTUBE, SYMBOL, Rspamd, Spamd
from tests.servers.waiting import wait_until
from ticketing.reason_words import reason_words

pytestmark = [pytest.mark.servers, pytest.mark.req("S3.15")]

PATIENT_S = 30.0  # a busy machine is no fault
SERVERS = {Kind.SPAMASSASSIN: Spamd, Kind.RSPAMD: Rspamd}
SPAM = make_mail(subject="A casino", text=GTUBE)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Spamd | Rspamd]:
    """A running daemon."""
    with SERVERS[request.param]() as running:
        yield running


IS_RSPAMD = pytest.mark.parametrize("server", [Kind.RSPAMD], indirect=True)


@pytest.fixture
def daemon(server: Spamd | Rspamd) -> Daemon:
    """How it is asked."""
    return Daemon(server.kind, "127.0.0.1", server.port, timeout_s=PATIENT_S)


def test_what_every_filter_calls_spam_is_spam_and_other_mail_is_not(daemon: Daemon) -> None:
    spam, clean = ask(daemon, SPAM), ask(daemon, make_mail(text="The lamp is broken."))
    assert spam.verdict is not None
    assert clean.verdict is not None
    assert (spam.is_spam, spam.verdict.hits[0].name, clean.is_spam) == (True, "GTUBE", False)
    assert spam.verdict.score > clean.verdict.score


def test_one_that_hangs_is_waited_for_no_longer_than_the_limit(server: Spamd | Rspamd, daemon: Daemon) -> None:
    server.pause()
    assert ask(replace(daemon, timeout_s=0.1), SPAM) == Heard(daemon.kind, trouble=Trouble.TIMEOUT)
    server.resume()


@pytest.mark.django_db
def test_new_mail_is_shown_to_it_and_stands_among_the_spam(
    daemon: Daemon, in_fernhollow: Any, settings: LazySettings
) -> None:
    settings.SPAM_DAEMON = daemon
    spam, clean = receive(make_mailbox(), SPAM, make_mail(subject="Broken lamp"))
    assert (spam.outcome, spam.reason_code, clean.outcome) == (Outcome.SPAM, "spam_daemon", Outcome.CREATED)
    assert "GTUBE" in reason_words(spam)


WORDS = " ".join(f"lamp{number} stove{number}" for number in range(40))


@pytest.mark.parametrize("server", [Kind.SPAMASSASSIN], indirect=True)
def test_spamassassin_learns_a_mail_once_learns_it_anew_and_forgets_it(daemon: Daemon) -> None:
    mail = make_mail(text=WORDS)

    def told(lesson: Lesson) -> bytes:
        """What it says to the same lesson once it was taught."""
        assert teach(daemon, mail, lesson) is None
        return spamd.tell(daemon, mail, lesson)

    assert b"DidSet: local" in spamd.tell(daemon, mail, Lesson.SPAM)
    assert b"DidSet" not in told(Lesson.SPAM)
    assert b"DidSet: local" in spamd.tell(daemon, mail, Lesson.CLEAN)
    assert b"DidRemove: local" in spamd.tell(daemon, mail, Lesson.NOTHING)
    assert b"DidRemove" not in told(Lesson.NOTHING)


def was_learned(daemon: Daemon, mail: bytes, *, as_: str) -> bool:
    """Whether Rspamd refuses to learn the mail so, because it has."""
    return f"already learned as {as_}".encode() in rspamd.posted(daemon, f"learn{as_}", mail)[1]


@IS_RSPAMD
def test_rspamds_controller_learns_a_mail_once_and_anew_under_another_mark(server: Rspamd) -> None:
    daemon = Daemon(Kind.RSPAMD, "127.0.0.1", server.controller_port, password=server.password, timeout_s=PATIENT_S)
    mail = make_mail(text=WORDS)
    assert teach(daemon, mail, Lesson.SPAM) is None
    wait_until(lambda: was_learned(daemon, mail, as_="spam"))  # it notes later that it did
    assert teach(daemon, mail, Lesson.SPAM) is None
    assert teach(daemon, mail, Lesson.CLEAN) is None
    wait_until(lambda: was_learned(daemon, mail, as_="ham"))
    assert teach(daemon, make_mail(text="Hi"), Lesson.SPAM) is Trouble.UNTEACHABLE
    assert teach(replace(daemon, password=""), mail, Lesson.SPAM) is Trouble.REFUSED
    assert teach(replace(daemon, port=server.port), mail, Lesson.SPAM) is Trouble.GARBAGE


@IS_RSPAMD
def test_rspamds_controller_answers_who_knows_its_password(server: Rspamd) -> None:
    daemon = Daemon(Kind.RSPAMD, "127.0.0.1", server.controller_port, timeout_s=PATIENT_S)
    assert ask(daemon, SPAM).trouble is Trouble.REFUSED
    assert ask(replace(daemon, password=server.password), SPAM).is_spam


@IS_RSPAMD
def test_rspamd_names_what_it_advises_and_by_which_symbol(daemon: Daemon) -> None:
    heard = ask(daemon, make_mail(subject="A casino"))
    assert heard.verdict is not None
    assert (heard.verdict.action, heard.verdict.hits) == ("add header", (Hit(SYMBOL, 7.5),))
