"""The connection test says at which step a server fails, why, and what to try first."""

from __future__ import annotations

import datetime
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import ImapConfig, Security, SmtpConfig, Timeouts
from mailboxes.diagnosis import words
from mailboxes.diagnosis.connection_test import count_existing, run_connection_test
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import advice, sentence, title
from tests.connectors.configs import LOOPBACK, imap, smtp
from tests.connectors.scripted import Act, Answer, Answers, ScriptedImap, ScriptedServer, ScriptedSmtp
from tests.connectors.worlds import ImapWorld, SmtpWorld, imap_world, smtp_world
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

ADDRESS = "hello@fernhollow.example"
SHORT = Timeouts(connect_s=2, read_s=1)


@pytest.fixture
def account(dovecot: Dovecot) -> ImapWorld:
    """A fresh account."""
    return imap_world(dovecot, f"{uuid.uuid4().hex[:12]}@fernhollow.example")


@pytest.fixture
def outlet(smtp_server: SmtpServer) -> SmtpWorld:
    """A server at which ann may sign in."""
    return smtp_world(smtp_server)


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """`serve(ScriptedImap, {command: answer})` is a running scripted server."""
    with ExitStack() as running:

        def start(
            kind: type[ScriptedServer], answers: Answers | None = None, *, greeting: Answer | None = None
        ) -> ScriptedServer:
            return running.enter_context(kind(answers, greeting=greeting))

        yield start


@pytest.fixture(scope="module")
def presenting(certificate_authority: CertificateAuthority) -> Iterator[Callable[[Certificate], ImapWorld]]:
    """`presenting(certificate)` is an account on a server that shows this certificate."""
    with ExitStack() as running:

        def start(certificate: Certificate) -> ImapWorld:
            server = running.enter_context(Dovecot(authority=certificate_authority, certificate=certificate))
            return imap_world(server, ADDRESS)

        yield start


def run(config: ImapConfig, *, sending: SmtpConfig | None = None, test_mail: bytes | None = None) -> list[StageResult]:
    return list(run_connection_test(config, smtp=sending, address=ADDRESS, test_mail=test_mail))


def done(results: list[StageResult]) -> dict[Stage, StageResult]:
    return {result.stage: result for result in results if result.state is not State.RUN}


def failed(config: ImapConfig, *, sending: SmtpConfig | None = None) -> StageResult:
    """The stage that failed, checked: those before passed, those after were not tried, every sentence can be said."""
    results = run(config, sending=sending)
    for result in results:
        assert sentence(result)
        assert title(result)
        assert all(advice(cause) for cause in result.causes)
    [fault] = [result for result in results if result.state is State.FAIL]
    after = [result.state for result in results if list(Stage).index(result.stage) > list(Stage).index(fault.stage)]
    assert set(after) <= {State.SKIP}
    assert fault.causes
    return fault


def causes(result: StageResult) -> list[tuple[str, str]]:
    return [(cause.code, cause.form_field) for cause in result.causes]


def configured(account: ImapWorld, *, security: Security, port: int, **changes: object) -> ImapConfig:
    config = account.config(timeouts=SHORT)
    guard = HostGuard(LOOPBACK, frozenset({port}))
    login = replace(config.login, security=security, port=port, guard=guard, **changes)  # type: ignore[arg-type]  # fields
    return replace(config, login=login)


# All is well.


@pytest.mark.servers
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_every_stage_says_what_it_saw(account: ImapWorld, outlet: SmtpWorld, security: Security) -> None:
    account.deliver(b"Subject: s\r\n\r\nx\r\n")
    port = account.dovecot.imaps_port if security is Security.TLS else account.dovecot.imap_port
    results = run(configured(account, security=security, port=port), sending=outlet.config())
    assert [(result.stage, result.state) for result in results] == [
        (stage, state)
        for stage in Stage
        for state in (State.RUN, State.WARN if stage is Stage.TLS else State.OK)  # the test certificate ends soon
    ]
    seen = done(results)
    assert seen[Stage.RESOLVE].evidence["addresses"]
    assert str(seen[Stage.TLS].evidence["tls_version"]).startswith("TLS 1.")
    assert "localhost" in str(seen[Stage.TLS].evidence["certificate_names"])
    assert "IMAP4REV1" in seen[Stage.SIGN_IN].evidence["capabilities"]  # type: ignore[operator]  # a tuple
    assert "Sent" in seen[Stage.FOLDER].evidence["folders"]  # type: ignore[operator]  # a tuple
    assert sentence(seen[Stage.FOLDER]) == "INBOX has 1 message"
    assert sentence(seen[Stage.SEND]) == f"localhost accepts mail from {ADDRESS}"
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
    assert {fact for fact in words.FACTS if f'"{fact}"' not in code} == running
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
    assert [(received.raw, received.recipients) for received in outlet.received()] == [(mail, (ADDRESS,))]


@pytest.mark.servers
def test_clear_text_is_a_warning(account: ImapWorld) -> None:
    seen = done(run(configured(account, security=Security.NONE, port=account.dovecot.imap_port)))
    assert (seen[Stage.TLS].state, causes(seen[Stage.TLS])) == (State.WARN, [("use_encryption", "imap_security")])
    assert seen[Stage.FOLDER].state is State.OK


def test_giving_up_half_way_leaves_nothing_open(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap)
    stages = run_connection_test(imap(server.port), smtp=None, address=ADDRESS)
    for result in stages:
        if result.stage is Stage.SIGN_IN and result.state is State.OK:
            break
    stages.close()  # type: ignore[attr-defined]  # a generator
    assert server.commands[-1] == "LOGOUT"


# The name and the port.


@pytest.mark.parametrize(
    ("host", "suggestion"),
    [
        ("imap.fernhollow.exmple", "imap.fernhollow.example"),
        ("imap.fernholow.example", "imap.fernhollow.example"),
        ("imap.gmial.com", "imap.gmail.com"),
        ("outlook.ofice365.com", "outlook.office365.com"),
        ("mail.completely-other.example", ""),
    ],
)
def test_a_name_that_is_not_found_may_be_a_typing_mistake(
    monkeypatch: pytest.MonkeyPatch, host: str, suggestion: str
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", missing)
    config = imap(993)
    fault = failed(replace(config, login=replace(config.login, host=host)))
    assert (fault.stage, sentence(fault)) == (Stage.RESOLVE, f"We can't find {host}")
    meant = [cause.facts["suggestion"] for cause in fault.causes if cause.code == "did_you_mean"]
    assert meant == ([suggestion] if suggestion else [])


def test_what_is_no_name_is_said_so() -> None:
    config = imap(993)
    fault = failed(replace(config, login=replace(config.login, host="http://mail.example")))
    assert (fault.stage, fault.fact) == (Stage.RESOLVE, "resolve.bad_name")


def test_a_closed_port_and_one_that_is_not_allowed_look_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as open_server:
        open_port = open_server.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as closing:
            closed_port = closing.getsockname()[1]
        everything = frozenset({open_port, closed_port})
        seen = set()
        for port in (open_port, closed_port):
            for guard in (HostGuard(allowed_ports=everything), HostGuard(LOOPBACK), HostGuard()):
                config = imap(port)
                fault = failed(replace(config, login=replace(config.login, guard=guard, host="127.0.0.1", port=port)))
                seen.add((fault.stage, sentence(fault).replace(str(port), "N"), repr(fault.causes), fault.server_words))
                evidence = [
                    result.evidence for result in run(replace(config, login=replace(config.login, guard=guard)))
                ]
                assert not any(evidence)
        honest = failed(imap(closed_port))
        seen.add(
            (honest.stage, sentence(honest).replace(str(closed_port), "N"), repr(honest.causes), honest.server_words)
        )
    assert len(seen) == 1


def test_a_port_that_never_answers_says_how_long_was_waited() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            config = imap(port, timeouts=Timeouts(connect_s=1, read_s=1))
            fault = failed(replace(config, login=replace(config.login, host="127.0.0.1")))
    assert sentence(fault) == f"The server didn't answer on port {port} within 1 s"
    assert causes(fault)[0] == ("check_port", "imap_port")


# Encryption.


@pytest.mark.servers
def test_a_port_that_speaks_starttls_is_told_from_one_that_speaks_tls(account: ImapWorld) -> None:
    dovecot = account.dovecot
    fault = failed(configured(account, security=Security.TLS, port=dovecot.imap_port))
    assert (fault.stage, fault.fact) == (Stage.TLS, "tls.speaks_starttls")
    assert causes(fault) == [("use_starttls", "imap_security")]
    fault = failed(configured(account, security=Security.STARTTLS, port=dovecot.imaps_port))
    assert (fault.stage, fault.fact) == (Stage.TLS, "tls.speaks_tls")
    assert causes(fault) == [("use_tls", "imap_security")]


@pytest.mark.servers
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_wrong_certificate_is_described(
    presenting: Callable[[Certificate], ImapWorld],
    certificate_authority: CertificateAuthority,
    security: Security,
) -> None:
    def fault(certificate: Certificate, **changes: object) -> StageResult:
        account = presenting(certificate)
        port = account.dovecot.imaps_port if security is Security.TLS else account.dovecot.imap_port
        return failed(configured(account, security=security, port=port, **changes))

    other = fault(certificate_authority.issue("mail.other.example", "other.example"))
    assert sentence(other) == "The certificate is for mail.other.example, other.example, not for localhost"
    assert causes(other)[0] == ("use_certificate_name", "imap_host")
    expired = fault(certificate_authority.issue(expired=True))
    assert expired.fact == "tls.expired"
    assert isinstance(expired.facts["expires_on"], datetime.date)
    unknown = fault(certificate_authority.issue(), ca_file="")
    assert sentence(unknown) == "The certificate was issued by Postroom test authority, which is not trusted here"
    assert all("ignore" not in code for result in (other, expired, unknown) for code, _ in causes(result))


@pytest.mark.parametrize(
    ("security", "greeting", "fact"),
    [
        (Security.STARTTLS, None, "tls.not_offered"),
        (Security.STARTTLS, b"220 smtp.example ESMTP\r\n", "tls.not_mail"),
        (Security.TLS, b"SSH-2.0-OpenSSH_9.2\r\n", "tls.not_mail"),
        (Security.STARTTLS, Act.HANG, "tls.no_greeting"),
        (Security.TLS, Act.CLOSE, "tls.failed"),
    ],
)
def test_a_server_without_encryption_is_described(
    serve: Callable[..., ScriptedServer], security: Security, greeting: Answer | None, fact: str
) -> None:
    server = serve(ScriptedImap, greeting=greeting)
    config = imap(server.port)
    results = run(replace(config, login=replace(config.login, security=security)))
    fault = done(results)[Stage.TLS]
    assert (fault.state, fault.fact) == (State.FAIL, fact)
    assert "SSH" not in repr(results)
    assert "ESMTP" not in repr(results)


# Signing in and the folder.


@pytest.mark.parametrize(
    ("said", "fact", "first"),
    [
        (b"NO [AUTHENTICATIONFAILED] Authentication failed.", "sign_in.refused", "check_password"),
        (b"NO [AUTHENTICATIONFAILED] Application-specific password required", "sign_in.refused", "app_password"),
        (b"NO [ALERT] Your account is not enabled for IMAP use.", "sign_in.disabled", "use_encryption"),
        (b"BAD User is authenticated but not connected.", "sign_in.no_access", "mailbox_access"),
        (b"NO basicauthblocked", "sign_in.refused", "microsoft_sign_in"),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", "sign_in.too_many", "close_connections"),
        (b"NO [UNAVAILABLE] try later", "sign_in.trouble", "try_again"),
        (b"NO Request is throttled. Suggested Backoff Time: 1000 milliseconds", "sign_in.throttled", "try_again"),
    ],
)
def test_a_refused_sign_in_has_its_likely_cause_first(
    serve: Callable[..., ScriptedServer], said: bytes, fact: str, first: str
) -> None:
    server = serve(ScriptedImap, {"LOGIN": b"TAG " + said + b"\r\n"})
    fault = failed(imap(server.port))
    assert (fault.stage, fault.fact, fault.causes[0].code) == (Stage.SIGN_IN, fact, first)
    assert fault.server_words == said.split(b" ", 1)[1].decode()


def test_the_advice_on_the_user_name_fits_the_one_given(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap, {"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] no\r\n"})
    config = imap(server.port)
    said = [advice(cause) for cause in failed(config).causes]
    assert "Check the username. Some servers want ann instead of the full address" in said
    said = [advice(cause) for cause in failed(replace(config, login=replace(config.login, username="ann"))).causes]
    assert f"Check the username. Many servers want the full address, {ADDRESS}" in said


def test_what_a_server_says_is_cut_and_cleaned(serve: Callable[..., ScriptedServer]) -> None:
    long = b"\x1b[31m\xff" + b"x" * 5000
    server = serve(ScriptedImap, {"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] " + long + b"\r\n"})
    words = failed(imap(server.port)).server_words
    assert len(words) <= 200
    assert words.isascii()
    assert words.isprintable()


def test_the_password_is_nowhere_in_the_results(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap, {"LOGIN": b'TAG NO [AUTHENTICATIONFAILED] LOGIN "ann" "s3cret-word"\r\n'})
    assert "s3cret-word" not in repr(run(imap(server.port)))


@pytest.mark.servers
def test_a_missing_folder_comes_with_the_folders_that_are_there(account: ImapWorld) -> None:
    fault = failed(replace(account.config(), folder="Support"))
    assert (fault.stage, sentence(fault)) == (Stage.FOLDER, "There's no folder called Support")
    assert causes(fault) == [("pick_folder", "folder")]
    assert {"INBOX", "Sent", "Archive"} <= set(fault.evidence["folders"])  # type: ignore[call-overload]  # a tuple


def test_an_account_without_its_mailbox_is_found_out_at_the_folder(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedImap, {"EXAMINE": b"TAG BAD User is authenticated but not connected.\r\n"})
    fault = failed(imap(server.port))
    assert (fault.stage, fault.fact, fault.causes[0].code) == (Stage.FOLDER, "sign_in.no_access", "mailbox_access")


# Sending.


def sending_fault(serve: Callable[..., ScriptedServer], sending: SmtpConfig) -> StageResult:
    fault = failed(imap(serve(ScriptedImap).port), sending=sending)
    assert fault.stage is Stage.SEND
    return fault


@pytest.mark.parametrize(
    ("answers", "username", "fact", "first"),
    [
        ({"AUTH": b"535 5.7.8 no\r\n"}, "ann", "send.sign_in_refused", "check_password"),
        ({"AUTH": b"535 5.7.139 Authentication unsuccessful, basic authentication is disabled\r\n"}, "ann",
         "send.sign_in_refused", "microsoft_sign_in"),
        ({"AUTH": b"550 5.7.30 Basic authentication is not supported for Client Submission\r\n"}, "ann",
         "send.sign_in_refused", "microsoft_sign_in"),
        ({"MAIL": b"530 5.7.0 Authentication required\r\n"}, "", "send.sign_in_refused", "check_password"),
        ({"MAIL": b"550 5.7.60 no permission to send as this sender\r\n"}, "", "send.refused", "allow_smtp"),
        ({"RCPT": b"550 5.7.1 relaying denied\r\n"}, "", "send.recipient_refused", "allow_smtp"),
        ({"MAIL": b"451 4.3.0 later\r\n"}, "", "send.trouble", "try_again"),
    ],
)  # fmt: skip
def test_a_refusal_to_send_has_its_likely_cause_first(
    serve: Callable[..., ScriptedServer], answers: Answers, username: str, fact: str, first: str
) -> None:
    server = serve(ScriptedSmtp, {"EHLO": b"250-me\r\n250 AUTH PLAIN\r\n", **answers})
    fault = sending_fault(serve, smtp(server.port, username=username))
    assert (fault.fact, fault.causes[0].code) == (fact, first)
    [said] = answers.values()
    assert isinstance(said, bytes)
    assert fault.server_words == said.decode().strip()


@pytest.mark.servers
def test_sending_over_the_wrong_kind_of_encryption_is_told_apart(
    serve: Callable[..., ScriptedServer], outlet: SmtpWorld
) -> None:
    def fault(security: Security, port: int) -> StageResult:
        login = outlet.config(timeouts=SHORT).login
        guard = HostGuard(LOOPBACK, frozenset({port}))
        return sending_fault(serve, SmtpConfig(replace(login, security=security, port=port, guard=guard)))

    fault_of_tls = fault(Security.TLS, outlet.server.port)
    assert (fault_of_tls.fact, causes(fault_of_tls)) == ("tls.speaks_starttls", [("use_starttls", "smtp_security")])
    fault_of_starttls = fault(Security.STARTTLS, outlet.server.tls_port)
    assert (fault_of_starttls.fact, causes(fault_of_starttls)) == ("tls.speaks_tls", [("use_tls", "smtp_security")])


@pytest.mark.servers
def test_a_certificate_of_the_sending_server_is_described(
    serve: Callable[..., ScriptedServer], certificate_authority: CertificateAuthority
) -> None:
    with SmtpServer(
        authority=certificate_authority, certificate=certificate_authority.issue("other.example")
    ) as server:
        for security, port in ((Security.TLS, server.tls_port), (Security.STARTTLS, server.port)):
            config = SmtpWorld(server).config()
            guard = HostGuard(LOOPBACK, frozenset({port}))
            fault = sending_fault(
                serve, replace(config, login=replace(config.login, security=security, port=port, guard=guard))
            )
            assert sentence(fault) == "The certificate is for other.example, not for localhost"


def test_a_sending_server_that_is_not_allowed_looks_unreachable(serve: Callable[..., ScriptedServer]) -> None:
    server = serve(ScriptedSmtp)
    config = smtp(server.port)
    refused = sending_fault(serve, replace(config, login=replace(config.login, guard=HostGuard())))
    server.__exit__(None, None, None)
    closed = sending_fault(serve, config)
    assert (refused.fact, refused.facts, refused.causes) == (closed.fact, closed.facts, closed.causes)
    assert server.connections == 0


# How much is there.


@pytest.mark.servers
@pytest.mark.req("S1.34")
def test_existing_mail_is_counted_from_a_date_on(account: ImapWorld) -> None:
    for _ in range(3):
        account.deliver(b"Subject: s\r\n\r\nx\r\n")
    now = datetime.datetime.now(datetime.UTC)
    assert count_existing(account.config(), since=None) == 3
    assert count_existing(account.config(), since=now - datetime.timedelta(hours=1)) == 3
    assert count_existing(account.config(), since=now + datetime.timedelta(hours=1)) == 0
