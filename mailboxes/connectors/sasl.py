"""What is said in SASL exchanges that prove an account by a token; IMAP, POP3 and SMTP share it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from mailboxes.connectors.config import Security, ServerLogin, TokenSource
from mailboxes.connectors.errors import ConnectorError, Reason

MECHANISMS = ("XOAUTH2", "OAUTHBEARER")  # in order: the first is what every provider of tokens takes
MAX_CHALLENGE_CHARS = 2000
_NO_WAY_TO_MAIL = "authenticated but not connected"  # Exchange: the token is fine, there is no way to the mailbox


def xoauth2(username: str, *, token: str) -> bytes:
    """The answer of the mechanism XOAUTH2: whose mail is meant, and the bearer token. In base64."""
    return base64.b64encode(f"user={username}\x01auth=Bearer {token}\x01\x01".encode())


def plain(username: str, *, password: str) -> bytes:
    """The answer of the mechanism PLAIN (RFC 4616). In base64."""
    return base64.b64encode(f"\0{username}\0{password}".encode())


def oauthbearer(username: str, *, token: str, host: str, port: int) -> bytes:
    """The answer of the mechanism OAUTHBEARER (RFC 7628 section 3.1). In base64."""
    name = username.replace("=", "=3D").replace(",", "=2C")
    return base64.b64encode(f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01".encode())


def mechanism(offered: Collection[str]) -> str:
    """Which mechanism for tokens to use. Raises LOGIN_DISABLED if the server offers none."""
    found = next((name for name in MECHANISMS if name in offered), None)
    if found is None:
        raise ConnectorError(Reason.LOGIN_DISABLED, permanent=True, detail="the server takes no tokens (XOAUTH2)")
    return found


def answer(chosen: str, *, login: ServerLogin, token: str) -> bytes:
    """What is said first. In base64."""
    if chosen == "OAUTHBEARER":
        return oauthbearer(login.username, token=token, host=login.host, port=login.port)
    return xoauth2(login.username, token=token)


def last_word(chosen: str) -> bytes:
    """What a refusal's challenge is answered with, so that the server says its final no. In base64."""
    return b"AQ==" if chosen == "OAUTHBEARER" else b""  # RFC 7628 section 3.2.3: a single \x01


def challenge_words(challenge: bytes) -> str:
    """What a refusal's challenge tells, from its JSON (RFC 7628 section 3.2.2); "" for what cannot be read."""
    try:
        told = json.loads(challenge)
    except ValueError:
        return ""
    if not isinstance(told, dict):
        return ""
    known = (str(told.get(name) or "")[:80] for name in ("status", "scope", "error"))
    return " ".join(f"{name} {value}" for name, value in zip(("status", "scope", "error"), known, strict=True) if value)


def decoded(challenge: str) -> bytes:
    """A challenge without its base64; empty for what is none."""
    try:
        return base64.b64decode(challenge[:MAX_CHALLENGE_CHARS], validate=True)
    except ValueError:
        return b""


def prove(login: ServerLogin, tokens: TokenSource, attempt: Callable[[str], None]) -> None:
    """`attempt(token)` succeeded. A token that is refused is renewed once: it may have been withdrawn before its time.

    Raises ConnectorError, without the token in its words; over clear text nothing is attempted.
    """
    if login.security is Security.NONE:
        raise ConnectorError(Reason.TLS_NOT_OFFERED, permanent=True, detail="tokens are sent over TLS only")
    token = tokens.token()
    try:
        with _struck_out(token):
            attempt(token)
    except ConnectorError as error:
        if error.reason is not Reason.LOGIN_REFUSED or _NO_WAY_TO_MAIL in error.detail.lower():
            raise
        another = tokens.token(refused=token)
        if another == token:
            raise
        with _struck_out(another):
            attempt(another)


@contextmanager
def _struck_out(token: str) -> Iterator[None]:
    """A server that repeats what it was told shows no token to anybody."""
    try:
        yield
    except ConnectorError as error:
        error.detail = error.detail.replace(token, "***") if token else error.detail
        error.args = (f"{error.reason}: {error.detail}" if error.detail else str(error.reason),)
        raise
