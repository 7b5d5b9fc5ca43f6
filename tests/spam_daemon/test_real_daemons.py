"""SpamAssassin and Rspamd as they are: what they call spam, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from helpdesk.spam_daemon.asking import ask
from helpdesk.spam_daemon.values import Daemon, Heard, Kind, Trouble
from tests.factories.incoming import make_mail
from tests.servers.spam_daemons import GTUBE, Rspamd, Spamd

pytestmark = [pytest.mark.servers, pytest.mark.req("S3.15")]

PATIENT_S = 30.0  # a busy machine is no fault
SERVERS = {Kind.SPAMASSASSIN: Spamd, Kind.RSPAMD: Rspamd}
SPAM = make_mail(subject="A casino", text=GTUBE)


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Spamd | Rspamd]:
    """A running daemon."""
    with SERVERS[request.param]() as running:
        yield running


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
