"""A server that is not found, not reached or not encrypted is told apart, and one not allowed is not told of."""

from __future__ import annotations

import datetime
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import Security, Timeouts
from mailboxes.diagnosis import encryption
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import sentence
from tests.connectors.configs import LOOPBACK, imap
from tests.connectors.scripted import Act, Answer, ScriptedImap, ScriptedServer
from tests.connectors.worlds import ImapWorld
from tests.diagnosis.runs import causes, configured, done, failed, run
from tests.servers.certificates import Certificate, CertificateAuthority


@pytest.mark.req("S4.45")
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


@pytest.mark.req("S4.46")
def test_a_port_that_never_answers_says_how_long_was_waited() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            config = imap(port, timeouts=Timeouts(connect_s=1, read_s=1))
            fault = failed(replace(config, login=replace(config.login, host="127.0.0.1")))
    assert sentence(fault) == f"The server didn't answer on port {port} within 1 s"
    assert causes(fault)[0] == ("check_port", "port")


@pytest.mark.req("S4.47")
@pytest.mark.servers
def test_a_port_that_speaks_starttls_is_told_from_one_that_speaks_tls(account: ImapWorld) -> None:
    dovecot = account.dovecot
    fault = failed(configured(account, security=Security.TLS, port=dovecot.imap_port))
    assert (fault.stage, fault.fact) == (Stage.TLS, "tls.speaks_starttls")
    assert causes(fault) == [("use_starttls", "security")]
    fault = failed(configured(account, security=Security.STARTTLS, port=dovecot.imaps_port))
    assert (fault.stage, fault.fact) == (Stage.TLS, "tls.speaks_tls")
    assert causes(fault) == [("use_tls", "security")]


@pytest.mark.req("S4.47")
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
    assert causes(other)[0] == ("use_certificate_name", "host")
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
    serve: Callable[..., ScriptedServer],
    monkeypatch: pytest.MonkeyPatch,
    security: Security,
    greeting: Answer | None,
    fact: str,
) -> None:
    monkeypatch.setattr(encryption, "GREETING_TIMEOUT_S", 1.0)
    server = serve(ScriptedImap, greeting=greeting)
    config = imap(server.port)
    login = replace(config.login, security=security, timeouts=Timeouts(connect_s=1, read_s=1))
    results = run(replace(config, login=login))
    fault = done(results)[Stage.TLS]
    assert (fault.state, fault.fact) == (State.FAIL, fact)
    assert "SSH" not in repr(results)
    assert "ESMTP" not in repr(results)
