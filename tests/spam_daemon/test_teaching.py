"""What the daemon answers when it is told what a mail is, and what comes of that."""

from __future__ import annotations

import pytest

from helpdesk.spam_daemon.asking import FAILURES
from helpdesk.spam_daemon.teaching import teach
from helpdesk.spam_daemon.values import Kind, Lesson, Trouble
from tests.fakes.spam_daemon import FakeSpamDaemon

pytestmark = pytest.mark.req("S3.15")

MAIL = b"Subject: Hello\r\n\r\nHello.\r\n"
SPAMD, RSPAMD = Kind.SPAMASSASSIN, Kind.RSPAMD


def http(status: str, body: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("kind", "answer", "trouble"),
    [
        (SPAMD, b"SPAMD/1.1 0 EX_OK\r\nDidSet: local\r\n\r\n", None),
        (SPAMD, b"SPAMD/1.1 0 EX_OK\r\n\r\n", None),
        (SPAMD, b"SPAMD/1.0 69 Service Unavailable: TELL commands are not enabled.\r\n", Trouble.REFUSED),
        (SPAMD, b"SPAMD/1.0 76 Bad header line\r\n", Trouble.GARBAGE),
        (SPAMD, b"", Trouble.REFUSED),
        (RSPAMD, http("200 OK", b'{"success":true}'), None),
        (RSPAMD, http("208 Already Reported", b'{"error":"known"}'), None),
        (RSPAMD, http("404 No", b'{"error":"<a@b.c> has been already learned as spam, ignore it"}'), None),
        (RSPAMD, http("404 No", b'{"error":"all learn conditions denied learning spam"}'), Trouble.UNTEACHABLE),
        (RSPAMD, http("204 No Content"), Trouble.UNTEACHABLE),
        (RSPAMD, http("404 Not Found", b"<html>"), Trouble.GARBAGE),
        (RSPAMD, http("500 No", b'{"error":"invalid command"}'), Trouble.GARBAGE),
        (RSPAMD, http("401 Unauthorized"), Trouble.REFUSED),
    ],
)
def test_its_answer_says_whether_it_knows_the_mail(kind: Kind, answer: bytes, trouble: Trouble | None) -> None:
    with FakeSpamDaemon(kind, answer) as fake:
        assert teach(fake.as_set(), MAIL, Lesson.SPAM) is trouble
    assert fake.requests[0].endswith(b"\r\n\r\n" + MAIL)


@pytest.mark.parametrize(
    ("lesson", "said"),
    [
        (Lesson.SPAM, b"Message-class: spam\r\nSet: local\r\n"),
        (Lesson.CLEAN, b"Message-class: ham\r\nSet: local\r\n"),
        (Lesson.NOTHING, b"\r\nRemove: local\r\n"),
    ],
)
def test_spamd_is_told_in_its_words(lesson: Lesson, said: bytes) -> None:
    with FakeSpamDaemon(SPAMD, b"SPAMD/1.1 0 EX_OK\r\n\r\n") as fake:
        assert teach(fake.as_set(), MAIL, lesson) is None
    assert said in fake.requests[0]


def test_one_that_fails_is_left_alone_and_mails_too_large_are_not_told() -> None:
    with FakeSpamDaemon(SPAMD, b"") as fake:
        daemon = fake.as_set()
        found = [teach(daemon, MAIL, Lesson.SPAM) for _ in range(FAILURES + 1)]
    assert found == [Trouble.REFUSED] * FAILURES + [Trouble.PAUSED]
    assert teach(daemon, b"x" * (daemon.max_bytes + 1), Lesson.SPAM) is Trouble.TOO_LARGE


def test_mails_that_it_will_not_learn_are_no_fault_of_its_own() -> None:
    with FakeSpamDaemon(RSPAMD, http("204 No Content")) as fake:
        found = [teach(fake.as_set(), MAIL, Lesson.SPAM) for _ in range(FAILURES + 1)]
    assert set(found) == {Trouble.UNTEACHABLE}
