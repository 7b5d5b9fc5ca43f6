"""Servers for the tests of the connection test."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.connectors.scripted import Answer, Answers, ScriptedServer
from tests.connectors.worlds import ImapWorld, SmtpWorld, imap_world, smtp_world
from tests.diagnosis.runs import ADDRESS
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer


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
