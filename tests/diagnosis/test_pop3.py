"""The connection test of a POP3 account: the same stages, and what is particular to maildrops."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import Pop3Config, Security
from mailboxes.diagnosis import sending
from mailboxes.diagnosis.pop3_reading import Pop3ReadingTest
from mailboxes.diagnosis.results import Stage, State
from mailboxes.diagnosis.words import advice, sentence
from tests.connectors.configs import LOOPBACK, pop3
from tests.connectors.scripted import Answers, ScriptedPop3, ScriptedServer
from tests.connectors.worlds import Pop3World, SmtpWorld, pop3_world
from tests.diagnosis.runs import ADDRESS, SHORT, STAGES, causes, done, failed, run
from tests.servers.dovecot import Dovecot

Serve = Callable[..., ScriptedServer]


@pytest.fixture
def maildrop(dovecot: Dovecot) -> Pop3World:
    """A fresh account."""
    return pop3_world(dovecot, f"{uuid.uuid4().hex[:12]}@fernhollow.example")


def configured(maildrop: Pop3World, *, security: Security, port: int) -> Pop3Config:
    guard = HostGuard(LOOPBACK, frozenset({port}))
    login = replace(maildrop.config(timeouts=SHORT).login, security=security, port=port, guard=guard)
    return Pop3Config(login)


@pytest.mark.servers
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_every_stage_says_what_it_saw_and_nothing_is_fetched(
    maildrop: Pop3World, outlet: SmtpWorld, security: Security
) -> None:
    maildrop.deliver(b"Subject: s\r\n\r\nx\r\n")
    port = maildrop.dovecot.pop3s_port if security is Security.TLS else maildrop.dovecot.pop3_port
    results = run(configured(maildrop, security=security, port=port), sending=outlet.config())
    assert [(result.stage, result.state) for result in results] == [
        (stage, state)
        for stage in STAGES
        for state in (State.RUN, State.WARN if stage is Stage.TLS else State.OK)  # the test certificate ends soon
    ]
    seen = done(results)
    assert "UIDL" in seen[Stage.SIGN_IN].evidence["capabilities"]  # type: ignore[operator]  # a tuple
    assert sentence(seen[Stage.FOLDER]) == "INBOX has 1 message"
    assert "\\Seen" not in maildrop.messages()[0].flags


@pytest.mark.servers
@pytest.mark.req("S4.47", "S4.12")
def test_a_port_that_speaks_the_other_kind_of_encryption_is_told_apart(maildrop: Pop3World) -> None:
    dovecot = maildrop.dovecot
    fault = failed(configured(maildrop, security=Security.TLS, port=dovecot.pop3_port))
    assert (fault.stage, fault.fact, causes(fault)) == (
        Stage.TLS,
        "tls.speaks_starttls",
        [("use_starttls", "security")],
    )
    fault = failed(configured(maildrop, security=Security.STARTTLS, port=dovecot.pop3s_port))
    assert (fault.stage, fault.fact, causes(fault)) == (Stage.TLS, "tls.speaks_tls", [("use_tls", "security")])


@pytest.mark.servers
def test_a_port_of_another_protocol_is_told_apart_and_the_usual_ones_are_named(maildrop: Pop3World) -> None:
    fault = failed(configured(maildrop, security=Security.STARTTLS, port=maildrop.dovecot.imap_port))
    assert (fault.stage, fault.fact) == (Stage.TLS, "tls.not_mail")
    assert [advice(cause) for cause in fault.causes] == ["Check the port. Usual are 995 and 110"]


@pytest.mark.req("S4.48", "S4.49")
@pytest.mark.parametrize(
    ("answers", "fact", "first"),
    [
        ({"PASS": b"-ERR [AUTH] Authentication failed.\r\n"}, "sign_in.refused", "check_password"),
        ({"PASS": b"-ERR [AUTH] Application-specific password required\r\n"}, "sign_in.refused", "app_password"),
        ({"PASS": b"-ERR [SYS/PERM] Your account is not enabled for POP access.\r\n"}, "sign_in.switched_off",
         "switch_on_pop3"),
        ({"PASS": b"-ERR [AUTH] Login disabled for this user\r\n"}, "sign_in.switched_off", "switch_on_pop3"),
        ({"USER": b"-ERR Plaintext authentication disallowed on non-secure connections.\r\n"}, "sign_in.disabled",
         "use_encryption"),
        ({"PASS": b"-ERR [IN-USE] mailbox already in use\r\n"}, "sign_in.in_use", "close_connections"),
        ({"PASS": b"-ERR [LOGIN-DELAY] too soon\r\n"}, "sign_in.throttled", "try_again"),
        ({"PASS": b"-ERR [SYS/TEMP] later\r\n"}, "sign_in.trouble", "try_again"),
    ],
)  # fmt: skip
def test_a_refused_sign_in_has_its_likely_cause_first(serve: Serve, answers: Answers, fact: str, first: str) -> None:
    fault = failed(pop3(serve(ScriptedPop3, answers).port))
    assert (fault.stage, fault.fact, fault.causes[0].code) == (Stage.SIGN_IN, fact, first)
    [said] = answers.values()
    assert isinstance(said, bytes)
    assert fault.server_words == said.decode().strip().removeprefix("-ERR ")
    assert "IMAP" not in sentence(fault)


@pytest.mark.parametrize(
    ("uidl", "fact", "first"),
    [
        (b"-ERR unknown command\r\n", "folder.no_unique_ids", ("use_imap", "protocol")),
        (b"-ERR [IN-USE] locked\r\n", "sign_in.in_use", ("close_connections", "")),
        (b"-ERR [SYS/TEMP] later\r\n", "folder.trouble", ("try_again", "")),
    ],
)
def test_a_maildrop_that_cannot_be_listed_says_why(
    serve: Serve, uidl: bytes, fact: str, first: tuple[str, str]
) -> None:
    fault = failed(pop3(serve(ScriptedPop3, {"UIDL": uidl}).port))
    assert (fault.stage, fault.fact, causes(fault)[0]) == (Stage.FOLDER, fact, first)


@pytest.mark.req("S2.24", "S4.13")
def test_a_server_that_lets_read_mail_go_or_one_in_seldom_says_so_beforehand(serve: Serve) -> None:
    server = serve(ScriptedPop3, {"CAPA": b"+OK\r\nUIDL\r\nEXPIRE 0\r\nLOGIN-DELAY 300\r\n.\r\n"})
    seen = done(run(pop3(server.port)))[Stage.FOLDER]
    assert seen.state is State.WARN
    assert [advice(cause) for cause in seen.causes] == [
        "The server removes or hides mail once it was read. To keep it there, choose IMAP",
        "The server lets one in every 300 seconds. Poll no more often than that",
    ]
    assert not server.sent("RETR")


@pytest.mark.parametrize(("username", "codes"), [("ann@x.example", ["google_recent_mode"]), ("recent:ann@x", [])])
def test_googles_habit_is_known(username: str, codes: list[str]) -> None:
    login = replace(pop3(995).login, host="pop.gmail.com", username=username)
    test = Pop3ReadingTest(Pop3Config(login), address=ADDRESS)
    assert [cause.code for cause in test._remarks({"EXPIRE": "0"})] == codes


@pytest.mark.servers
def test_a_test_mail_is_sent_and_looked_for_without_fetching_it(
    maildrop: Pop3World, outlet: SmtpWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_AFTER_S", (0, 0))
    mail = b"Message-ID: <test.3@fernhollow.example>\r\nSubject: test\r\n\r\nx\r\n"
    assert done(run(maildrop.config(), sending=outlet.config(), test_mail=mail))[Stage.SEND].state is State.WARN
    maildrop.deliver(mail)
    seen = done(run(maildrop.config(), sending=outlet.config(), test_mail=mail))[Stage.SEND]
    assert seen.fact == "send.received_back"
    assert "\\Seen" not in maildrop.messages()[0].flags


def test_giving_up_half_way_leaves_nothing_open_and_no_secret_is_told(serve: Serve) -> None:
    server = serve(ScriptedPop3, {"PASS": b"-ERR [AUTH] not PASS s3cret-word\r\n"})
    results = run(pop3(server.port))
    assert server.commands[-1] == "QUIT"
    assert "s3cret-word" not in repr(results)
