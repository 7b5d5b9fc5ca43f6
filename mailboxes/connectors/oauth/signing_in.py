"""The authorization request: the address a person is sent to, and what has to be kept until they come back.

RFC 6749 section 4.1 with PKCE (RFC 7636, S256), as RFC 9700 asks of every client.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


@dataclass(frozen=True)
class SignIn:
    """A sign-in that has begun. Everything but the address is kept on the server and shown to nobody."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]

    def to_json(self) -> str:
        """For sealing."""
        kept = {name: getattr(self, name) for name in ("url", "state", "verifier", "nonce", "redirect_uri")}
        return json.dumps({**kept, "scopes": list(self.scopes)})

    @classmethod
    def from_json(cls, text: str) -> SignIn:
        """What `to_json` gave."""
        kept: dict[str, Any] = json.loads(text)
        return cls(**{**kept, "scopes": tuple(kept["scopes"])})


def sign_in(
    authorize_url: str,
    *,
    client_id: str,
    scopes: tuple[str, ...],
    redirect_uri: str,
    extra: Mapping[str, str],
    login_hint: str = "",
) -> SignIn:
    """A sign-in at this address. What is ours (state, PKCE, redirect) wins over `extra` and over the address."""
    state, verifier, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    parts = urlsplit(authorize_url)
    parameters = {
        **dict(parse_qsl(parts.query)),
        **extra,
        **({"login_hint": login_hint} if login_hint else {}),
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "nonce": hashed(nonce),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    url = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(parameters), ""))
    return SignIn(url, state, verifier, nonce, redirect_uri, scopes)


def challenge(verifier: str) -> str:
    """The S256 challenge to a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def hashed(nonce: str) -> str:
    """What the provider is told of the nonce, and puts into the id token."""
    return hashlib.sha256(nonce.encode()).hexdigest()
