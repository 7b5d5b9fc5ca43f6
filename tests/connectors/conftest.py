"""Scripted servers and fakes for the tests of connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.connectors.scripted import Answer, Answers, ScriptedImap, ScriptedPop3, ScriptedSmtp
from tests.fakes.ews import FakeEws
from tests.fakes.graph import FakeGraph
from tests.servers.certificates import CertificateAuthority


@pytest.fixture
def graph(certificate_authority: CertificateAuthority) -> Iterator[FakeGraph]:
    """A running fake of Microsoft Graph."""
    with FakeGraph(certificate_authority) as running:
        yield running


@pytest.fixture
def ews(certificate_authority: CertificateAuthority) -> Iterator[FakeEws]:
    """A running fake of an Exchange server."""
    with FakeEws(certificate_authority) as running:
        yield running


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedImap]]:
    """`serve({command: answer})` is a running scripted IMAP server."""
    with ExitStack() as running:

        def start(answers: Answers | None = None, *, greeting: Answer | None = None) -> ScriptedImap:
            return running.enter_context(ScriptedImap(answers, greeting=greeting))

        yield start


@pytest.fixture
def serve_smtp() -> Iterator[Callable[..., ScriptedSmtp]]:
    """`serve_smtp({command: answer})` is a running scripted SMTP server."""
    with ExitStack() as running:

        def start(answers: Answers | None = None, *, greeting: Answer | None = None) -> ScriptedSmtp:
            return running.enter_context(ScriptedSmtp(answers, greeting=greeting))

        yield start


@pytest.fixture
def serve_pop3() -> Iterator[Callable[..., ScriptedPop3]]:
    """`serve_pop3({command: answer})` is a running scripted POP3 server."""
    with ExitStack() as running:

        def start(answers: Answers | None = None, *, greeting: Answer | None = None) -> ScriptedPop3:
            return running.enter_context(ScriptedPop3(answers, greeting=greeting))

        yield start
