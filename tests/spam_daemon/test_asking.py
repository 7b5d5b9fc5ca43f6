"""The daemon is asked within its time limit, is left alone where it fails, and nothing it does raises."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace

import pytest

from helpdesk.lib import clock
from helpdesk.spam_daemon import asking
from helpdesk.spam_daemon.asking import PAUSE_S, Asker, ask
from helpdesk.spam_daemon.examining import examine_daemon
from helpdesk.spam_daemon.values import Daemon, Heard, Kind, Trouble
from tests.fakes.spam_daemon import CLEAN, SPAM, FakeSpamDaemon

pytestmark = pytest.mark.req("S3.15")

MAIL = b"Subject: Hello\r\n\r\nHello.\r\n"
OF_ANOTHER_PROTOCOL = b"* OK IMAP4rev1 ready\r\n"
ENDLESS = {
    Kind.SPAMASSASSIN: SPAM[Kind.SPAMASSASSIN] + b"x" * 300_000,
    Kind.RSPAMD: SPAM[Kind.RSPAMD] + b" " * 1_100_000,
}
KINDS = pytest.mark.parametrize("kind", Kind)


@KINDS
def test_the_whole_mail_is_shown_to_it_and_its_verdict_heard(kind: Kind) -> None:
    with FakeSpamDaemon(kind, SPAM[kind]) as fake:
        heard = ask(fake.as_set(), MAIL)
    assert (heard.is_spam, heard.trouble) == (True, None)
    assert fake.requests[0].endswith(b"\r\n\r\n" + MAIL)


@pytest.mark.parametrize(
    ("kind", "answer", "trouble"),
    [
        *((kind, OF_ANOTHER_PROTOCOL, Trouble.GARBAGE) for kind in Kind),
        *((kind, ENDLESS[kind], Trouble.GARBAGE) for kind in Kind),
        *((kind, None, Trouble.TIMEOUT) for kind in Kind),
        (Kind.SPAMASSASSIN, b"", Trouble.REFUSED),
        (Kind.RSPAMD, b"", Trouble.UNREACHABLE),
        (Kind.RSPAMD, SPAM[Kind.RSPAMD][:90], Trouble.GARBAGE),
        (Kind.RSPAMD, b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n{}", Trouble.REFUSED),
        (Kind.RSPAMD, b"HTTP/1.1 302 Found\r\nLocation: http://x.test/\r\nConnection: close\r\n\r\n", Trouble.GARBAGE),
    ],
)
def test_what_is_wrong_with_it_is_told(kind: Kind, answer: bytes | None, trouble: Trouble) -> None:
    with FakeSpamDaemon(kind, answer) as fake:
        heard = ask(fake.as_set(timeout_s=0.1 if answer is None else 20), MAIL)
    assert heard == Heard(kind, trouble=trouble)


@KINDS
def test_one_that_is_not_there_is_unreachable(kind: Kind, closed_port: int) -> None:
    assert ask(Daemon(kind, "127.0.0.1", closed_port), MAIL) == Heard(kind, trouble=Trouble.UNREACHABLE)


def test_whatever_it_is_that_takes_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setitem(asking._CLIENTS, Kind.SPAMASSASSIN, lambda _daemon, _content: released.wait(20))
    heard = ask(Daemon(Kind.SPAMASSASSIN, "127.0.0.1", 9, timeout_s=0.01), MAIL)
    released.set()
    assert heard.trouble is Trouble.TIMEOUT


def test_a_larger_mail_than_it_is_to_see_is_not_shown_to_it() -> None:
    with FakeSpamDaemon(Kind.SPAMASSASSIN, SPAM[Kind.SPAMASSASSIN]) as fake:
        heard = Asker(replace(fake.as_set(), max_bytes=10)).hear(MAIL)
    assert (heard.trouble, fake.requests) == (Trouble.TOO_LARGE, [])


def test_one_that_fails_twice_is_left_alone_for_a_minute_and_then_tried_with_one_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    with FakeSpamDaemon(Kind.SPAMASSASSIN, OF_ANOTHER_PROTOCOL) as fake:
        asker = Asker(fake.as_set())
        heard = [asker.hear(MAIL).trouble for _ in range(4)]
        assert (heard, len(fake.requests)) == ([Trouble.GARBAGE] * 2 + [Trouble.PAUSED] * 2, 2)
        now += PAUSE_S
        heard = [asker.hear(MAIL).trouble for _ in range(2)]
        assert (heard, len(fake.requests)) == ([Trouble.GARBAGE, Trouble.PAUSED], 3)
        now += PAUSE_S
        fake.answer = CLEAN[Kind.SPAMASSASSIN]
        assert [asker.hear(MAIL).trouble for _ in range(2)] == [None, None]


def test_a_single_failure_keeps_no_other_mail_from_it() -> None:
    with FakeSpamDaemon(Kind.SPAMASSASSIN, b"") as fake:
        asker = Asker(fake.as_set())
        assert asker.hear(MAIL).trouble is Trouble.REFUSED
        fake.answer = SPAM[Kind.SPAMASSASSIN]
        assert asker.hear(MAIL).is_spam


def test_the_password_goes_to_rspamd_and_into_no_log() -> None:
    with FakeSpamDaemon(Kind.RSPAMD, CLEAN[Kind.RSPAMD]) as fake:
        daemon = replace(fake.as_set(), password="verysecret")
        ask(daemon, MAIL)
    assert b"Password: verysecret\r\n" in fake.requests[0]
    assert "verysecret" not in repr(daemon)


def test_the_doctor_says_whether_it_answers_and_what_to_do(closed_port: int) -> None:
    with FakeSpamDaemon(Kind.RSPAMD, CLEAN[Kind.RSPAMD]) as fake:
        assert examine_daemon(fake.as_set()) == (True, f"Rspamd at {fake.as_set().place} answers.")
    is_well, sentence = examine_daemon(Daemon(Kind.SPAMASSASSIN, "127.0.0.1", closed_port))
    assert not is_well
    assert "Is it running, and is SPAM_DAEMON_URL right? Mail goes on without it meanwhile." in sentence


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
