"""What is said in SASL exchanges that prove an account by a token; IMAP, POP3 and SMTP share it."""

from __future__ import annotations

import base64


def xoauth2(username: str, *, token: str) -> bytes:
    """The answer of the mechanism XOAUTH2: whose mail is meant, and the bearer token. In base64."""
    return base64.b64encode(f"user={username}\x01auth=Bearer {token}\x01\x01".encode())


def plain(username: str, *, password: str) -> bytes:
    """The answer of the mechanism PLAIN (RFC 4616). In base64."""
    return base64.b64encode(f"\0{username}\0{password}".encode())
