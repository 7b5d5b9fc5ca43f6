"""A server that mail cannot leave through is told apart likewise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import Security, SmtpConfig
from mailboxes.diagnosis.results import Stage, StageResult
from mailboxes.diagnosis.words import sentence
from tests.connectors.configs import LOOPBACK, imap, smtp
from tests.connectors.scripted import Answers, ScriptedImap, ScriptedServer, ScriptedSmtp
from tests.connectors.worlds import SmtpWorld
from tests.diagnosis.runs import SHORT, causes, failed
from tests.servers.certificates import CertificateAuthority
from tests.servers.smtp import SmtpServer


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
        ({"AUTH": b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.\r\n"},
         "ann", "send.switched_off", "switch_on_smtp_microsoft"),
        ({"AUTH": b"535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.\r\n"}, "ann",
         "send.sign_in_refused", "check_password"),
        ({"AUTH": b"550 5.7.30 Basic authentication is not supported for Client Submission\r\n"}, "ann",
         "send.sign_in_refused", "microsoft_sign_in"),
        ({"MAIL": b"530 5.7.0 Authentication required\r\n"}, "", "send.needs_sign_in", "smtp_username"),
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
