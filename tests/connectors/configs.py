"""Configurations for connectors under test: servers on the loopback, short patience."""

from __future__ import annotations

from pathlib import Path

from helpdesk.lib.net import HostGuard, parse_networks
from mailboxes.connectors.config import ImapConfig, Pop3Config, Security, ServerLogin, SmtpConfig, Timeouts

LOOPBACK = parse_networks("127.0.0.0/8, ::1")
PATIENT = Timeouts(connect_s=10, read_s=20)
SHORT = Timeouts(connect_s=2, read_s=0.5)


def login(
    port: int,
    *,
    security: Security = Security.NONE,
    username: str = "ann@fernhollow.example",
    password: str = "s3cret-word",
    host: str = "localhost",
    ca_path: Path | str = "",
    timeouts: Timeouts = PATIENT,
) -> ServerLogin:
    """A log-in at a server of this machine."""
    return ServerLogin(
        host=host,
        port=port,
        security=security,
        username=username,
        password=password,
        guard=HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({port})),
        timeouts=timeouts,
        ca_file=str(ca_path),
    )


def imap(port: int, *, timeouts: Timeouts = SHORT, folder: str = "INBOX", password: str = "s3cret-word") -> ImapConfig:
    """A scripted IMAP server's inbox, in clear text."""
    return ImapConfig(login(port, timeouts=timeouts, password=password), folder=folder)


def pop3(port: int, *, timeouts: Timeouts = SHORT, password: str = "s3cret-word") -> Pop3Config:
    """A scripted POP3 server, in clear text."""
    return Pop3Config(login(port, timeouts=timeouts, password=password))


def smtp(
    port: int,
    *,
    timeouts: Timeouts = SHORT,
    username: str = "",
    password: str = "s3cret-word",
    security: Security = Security.NONE,
    ca_path: str = "",
) -> SmtpConfig:
    """A scripted SMTP server, in clear text and without AUTH unless told otherwise."""
    return SmtpConfig(
        login(port, timeouts=timeouts, username=username, password=password, security=security, ca_path=ca_path)
    )
