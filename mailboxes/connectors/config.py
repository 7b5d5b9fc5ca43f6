"""What a connector is told: frozen, complete, free of Django. Secrets never show in a repr."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.oauth.clouds import CloudHosts
from mailboxes.connectors.proxies import ProxyConfig


class Security(StrEnum):
    """How a connection is protected; `none` only where the operator allows clear text."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class Timeouts:
    """Seconds for each kind of network step; every read has one."""

    connect_s: float = 15.0
    read_s: float = 60.0


class TokenSource(Protocol):
    """Where a bearer token comes from. It may ask the provider: call it in no transaction."""

    def token(self, *, refused: str = "") -> str:
        """An access token that is good for a while. `refused`: one that the server did not take; another is got.

        The refused one itself comes back where it is so fresh that another would be refused as well.
        Raises ConnectorError.
        """
        ...


class Recorder(Protocol):
    """Where what is said and heard on connections is kept (trace). Neither method raises, or waits for long."""

    def line(self, session: str, direction: str, text: str) -> None:
        """One line of one connection: ">" to the server, "<" from it, "-" about the connection."""
        ...

    def flush(self) -> None:
        """A connection has ended: what it said should lie where others find it."""
        ...


@dataclass(frozen=True)
class ServerLogin:
    """One server and the account on it, proven by the password or, where there is one, by tokens."""

    host: str
    port: int
    security: Security
    username: str
    password: str = field(repr=False)
    guard: HostGuard = field(repr=False)  # vets every address before it is connected to
    timeouts: Timeouts = Timeouts()
    tokens: TokenSource | None = field(default=None, repr=False)  # XOAUTH2 with the user name
    proxy: ProxyConfig | None = None
    ca_file: str = ""  # extra certificate authority (PEM path); empty: the system's
    trusted_sha256: str = ""  # hex: the server's one certificate that is accepted, whatever it says; no other is
    on_certificate: Callable[[datetime], None] | None = field(default=None, repr=False, compare=False)  # told its end
    recorder: Recorder | None = field(default=None, repr=False, compare=False)  # of what is said and heard


@dataclass(frozen=True)
class OAuthConfig:
    """An app registered at a provider, and what it asks for."""

    provider: str  # microsoft, google or other: models.Provider
    client_id: str
    client_secret: str = field(repr=False)  # empty for a public client (device code)
    scopes: tuple[str, ...]
    guard: HostGuard = field(repr=False)
    timeouts: Timeouts = Timeouts()
    cloud: str = "global"  # Microsoft only, as tenant
    tenant: str = ""  # directory id or domain; empty: any organization's account
    authorize_url: str = ""  # other providers only, as all to client_auth
    token_url: str = ""
    extra_parameters: Mapping[str, str] = field(default_factory=dict)  # of the authorization request
    client_auth: str = "basic"  # or "post": RFC 6749 section 2.3.1
    proxy: ProxyConfig | None = None
    ca_file: str = ""
    on_certificate: Callable[[datetime], None] | None = field(default=None, repr=False, compare=False)  # told its end


@dataclass(frozen=True)
class ImapConfig:
    """One folder of one IMAP account."""

    login: ServerLogin
    folder: str = "INBOX"


@dataclass(frozen=True)
class Pop3Config:
    """One POP3 account."""

    login: ServerLogin


@dataclass(frozen=True)
class SmtpConfig:
    """One submission server. An empty user name means: no AUTH."""

    login: ServerLogin
    helo_name: str = ""  # empty: the library's choice


@dataclass(frozen=True)
class GraphConfig:
    """One mailbox of Microsoft 365, and the folder of it that is read."""

    user: str  # whose mailbox: its address or the id of the user
    hosts: CloudHosts
    tokens: TokenSource = field(repr=False)
    guard: HostGuard = field(repr=False)
    timeouts: Timeouts = Timeouts()
    proxy: ProxyConfig | None = None
    ca_file: str = ""
    folder: str = "INBOX"  # a path of names; INBOX is the inbox in any language
    person: str | None = None  # who signed in, "" where the provider did not say; None: the app acts by its own right
    on_call: Callable[[], None] | None = field(default=None, repr=False, compare=False)  # before each; may refuse it
    recorder: Recorder | None = field(default=None, repr=False, compare=False)

    @property
    def is_own(self) -> bool:
        """True if it is the mailbox of whoever signed in: `/me` leads there even where the user name is no address."""
        return bool(self.person) and self.user.lower() == (self.person or "").lower()


MAX_EWS_MIME_BYTES = 47 * 1024 * 1024  # in base64 it stays below the 64 MB that Exchange takes with one request


@dataclass(frozen=True)
class EwsConfig:
    """One mailbox of an Exchange server, and the folder of it that is read."""

    login: ServerLogin  # `DOMAIN\\user` or an address, with a password; or tokens
    user: str  # whose mailbox: one of its addresses
    impersonates: bool = False  # acts as whoever owns the mailbox, as apps do; else the login's own rights count
    token_host: str = ""  # who gives the tokens, for what people are told
    folder: str = "INBOX"  # a path of names; INBOX is the inbox in any language
