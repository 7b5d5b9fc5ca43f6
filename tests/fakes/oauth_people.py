"""Somebody at a browser who is sent to a provider's sign-in page: what fakes of providers have in common."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.fakes.https import Answer, Request


@dataclass
class PendingCode:
    """An authorization code: good once."""

    query: dict[str, str]  # of the authorization request
    account: str
    tenant: str = ""
    granted: tuple[str, ...] | None = None  # None: as asked
    is_used: bool = False

    def verifies(self, verifier: str) -> bool:
        """True if this is the verifier of the challenge (RFC 7636 section 4.6)."""
        wanted = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        return self.query.get("code_challenge") == wanted


def id_token(claims: dict[str, Any]) -> str:
    """A token with these claims. Nobody checks the signature of one that comes straight from the token endpoint."""
    return ".".join(_part(value) for value in ({"alg": "RS256", "kid": "fake"}, claims)) + ".c2ln"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def page(title: str, request: Request, choices: dict[str, str]) -> Answer:
    """A page of a provider: each choice is a button that repeats the request with `decision` added."""
    forms = "".join(
        f"<form method=get action='{escape(request.path)}'>{_hidden({**request.query, 'decision': decision})}"
        f"<button>{escape(label)}</button></form>"
        for decision, label in choices.items()
    )
    html = f"<!doctype html><html lang=en><title>{escape(title)}</title><h1>{escape(title)}</h1>{forms}</html>"
    return Answer(content=html.encode(), media_type="text/html; charset=utf-8")


def _hidden(fields: dict[str, str]) -> str:
    return "".join(f"<input type=hidden name='{escape(k)}' value='{escape(v)}'>" for k, v in fields.items())


def back(redirect_uri: str, parameters: dict[str, str]) -> Answer:
    """The browser is sent back to the app."""
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return Answer(status=302, headers={"Location": redirect_uri + joint + urlencode(parameters)})


def query_of(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
