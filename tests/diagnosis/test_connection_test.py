"""The connection test shows each stage as it runs, and what it saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailboxes.connectors.config import Security
from mailboxes.diagnosis import sending, words
from mailboxes.diagnosis.connection_test import run_connection_test
from mailboxes.diagnosis.plan import Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.diagnosis.results import Stage, State
from mailboxes.diagnosis.words import sentence
from tests.connectors.configs import imap
from tests.connectors.scripted import ScriptedImap, ScriptedServer
from tests.connectors.worlds import ImapWorld, SmtpWorld
from tests.diagnosis.runs import ADDRESS, STAGES, causes, configured, done, run


@pytest.mark.servers
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_every_stage_says_what_it_saw(account: ImapWorld, outlet: SmtpWorld, security: Security) -> None:
    account.deliver(b"Subject: s\r\n\r\nx\r\n")
    port = account.dovecot.imaps_port if security is Security.TLS else account.dovecot.imap_port
    results = run(configured(account, security=security, port=port), sending=outlet.config())
    assert [(result.stage, result.state) for result in results] == [
        (stage, state)
        for stage in STAGES
        for state in (State.RUN, State.WARN if stage is Stage.TLS else State.OK)  # the test certificate ends soon
    ]
    seen = done(results)
    assert seen[Stage.RESOLVE].evidence["addresses"]
    assert str(seen[Stage.TLS].evidence["tls_version"]).startswith("TLS 1.")
    assert "localhost" in str(seen[Stage.TLS].evidence["certificate_names"])
    assert "IMAP4REV1" in seen[Stage.SIGN_IN].evidence["capabilities"]  # type: ignore[operator]  # a tuple
    assert "Sent" in seen[Stage.FOLDER].evidence["folders"]  # type: ignore[operator]  # a tuple
    assert sentence(seen[Stage.FOLDER]) == "INBOX has 1 message"
    assert sentence(seen[Stage.SEND]) == f"localhost accepts mail from and to {ADDRESS}; no mail was sent"
    assert all(result.took_s >= 0 for result in results)
    assert outlet.received() == []


@pytest.mark.parametrize(
    ("count", "said"), [(0, "INBOX is empty"), (1, "INBOX has 1 message"), (7, "INBOX has 7 messages")]
)
def test_the_number_of_messages_is_said_in_words(serve: Callable[..., ScriptedServer], count: int, said: str) -> None:
    server = serve(ScriptedImap, {"EXAMINE": b"* %d EXISTS\r\n" % count})
    assert sentence(done(run(imap(server.port)))[Stage.FOLDER]) == said


def test_every_code_has_its_words_and_every_word_its_code() -> None:
    package = Path(words.__file__).parent
    code = "".join(path.read_text() for path in package.glob("*.py") if path.name != "words.py")
    running = {f"{stage}.run" for stage in Stage}
    assert {fact for fact in words.FACTS if f'"{fact}"' not in code} <= running <= set(words.FACTS)
    assert [cause for cause in words.CAUSES if f'"{cause}"' not in code] == []


@pytest.mark.servers
def test_without_a_server_for_sending_that_stage_is_left_out(account: ImapWorld) -> None:
    seen = done(run(account.config()))
    assert (seen[Stage.SEND].state, seen[Stage.SEND].fact) == (State.SKIP, "send.skipped")


@pytest.mark.servers
def test_a_test_mail_is_sent_and_looked_for(account: ImapWorld, outlet: SmtpWorld) -> None:
    mail = b"Message-ID: <test.1@fernhollow.example>\r\nSubject: test\r\n\r\nx\r\n"
    account.deliver(mail)
    seen = done(run(account.config(), sending=outlet.config(), test_mail=mail))
    assert seen[Stage.SEND].fact == "send.received_back"
    assert seen[Stage.SEND].evidence == {"came_back": True}
    assert [(received.raw, received.recipients) for received in outlet.received()] == [(mail, (ADDRESS,))]


@pytest.mark.servers
def test_a_test_mail_that_does_not_come_back_is_a_warning(
    account: ImapWorld, outlet: SmtpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_AFTER_S", (0, 0))
    mail = b"Message-ID: <test.2@fernhollow.example>\r\nSubject: test\r\n\r\nx\r\n"
    seen = done(run(account.config(), sending=outlet.config(), test_mail=mail))[Stage.SEND]
    assert (seen.state, seen.fact, causes(seen)) == (State.WARN, "send.not_seen", [("wait_for_mail", "folder")])
    assert len(outlet.received()) == 1


@pytest.mark.servers
def test_clear_text_is_a_warning(account: ImapWorld) -> None:
    seen = done(run(configured(account, security=Security.NONE, port=account.dovecot.imap_port)))
    assert (seen[Stage.TLS].state, causes(seen[Stage.TLS])) == (State.WARN, [("use_encryption", "security")])
    assert seen[Stage.FOLDER].state is State.OK


def test_giving_up_half_way_leaves_nothing_open(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap)
    stages = run_connection_test(plan_for("imap", imap(server.port), trial=Trial(ADDRESS)))
    for result in stages:
        if result.stage is Stage.SIGN_IN and result.state is State.OK:
            break
    stages.close()
    assert server.commands[-1] == "LOGOUT"
