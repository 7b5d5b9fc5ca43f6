"""What a provider gives: an access token, and with it whatever is needed to get the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from helpdesk.lib import clock
from mailboxes.connectors.errors import ConnectorError, Reason

DEFAULT_LIFE_S = 3600.0  # where the provider does not tell (RFC 6749 section 5.1 only recommends it)


@dataclass(frozen=True)
class TokenSet:
    """One answer of a token endpoint."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(default="", repr=False)  # empty: none came; an earlier one stays good
    scopes: tuple[str, ...] | None = None  # granted; None: not told, which means: as asked (RFC 6749 section 5.1)
    account: str = ""  # the address of who signed in, as the provider's id token tells; empty: not told
    tenant: str = ""  # Microsoft's directory id of the account

    def with_refresh_token(self, token: str) -> TokenSet:
        """The same, with an earlier refresh token."""
        return replace(self, refresh_token=token)

    def to_json(self) -> str:
        """For sealing."""
        return json.dumps(
            {
                "access_token": self.access_token,
                "expires_at": self.expires_at.isoformat(),
                "refresh_token": self.refresh_token,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> TokenSet:
        """What `to_json` gave. Raises ValueError or KeyError for anything else."""
        kept = json.loads(text)
        return cls(
            access_token=kept["access_token"],
            expires_at=datetime.fromisoformat(kept["expires_at"]),
            refresh_token=kept["refresh_token"],
        )


def token_set(answer: Mapping[str, Any], *, claims: Mapping[str, Any] | None = None) -> TokenSet:
    """The tokens in a provider's answer that is no error. Raises ConnectorError for one that makes no sense."""
    token, kind = answer.get("access_token"), answer.get("token_type", "Bearer")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or str(kind).lower() != "bearer":
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the provider gave no usable token")
    try:
        life_s = float(answer.get("expires_in") or DEFAULT_LIFE_S)
    except (TypeError, ValueError):
        life_s = DEFAULT_LIFE_S
    granted = answer.get("scope")
    told = claims or {}
    account = next((told[name] for name in ("email", "preferred_username", "upn") if _is_address(told.get(name))), "")
    return TokenSet(
        access_token=token,
        expires_at=clock.in_seconds(min(max(life_s, 0.0), 30 * 24 * 3600)),
        refresh_token=str(answer.get("refresh_token") or ""),
        scopes=tuple(granted.split()) if isinstance(granted, str) and granted.strip() else None,
        account=account,
        tenant=str(told.get("tid") or ""),
    )


def missing_scopes(asked: tuple[str, ...], granted: tuple[str, ...] | None) -> tuple[str, ...]:
    """Which of the asked scopes were not granted, in order.

    Providers spell them their own way: Entra answers `Mail.Send` for `https://graph.microsoft.com/Mail.Send`, and
    leaves out those of signing in.
    """
    if granted is None:
        return ()
    had = {_core(scope) for scope in granted}
    return tuple(scope for scope in asked if _core(scope) not in had | _OF_SIGNING_IN)


_OF_SIGNING_IN = {"openid", "profile", "email", "offline_access", ".default"}


def _core(scope: str) -> str:
    """Google's one mail scope is an address that ends in a slash; elsewhere the last part names the permission."""
    return scope.lower() if scope.endswith("/") else scope.rpartition("/")[2].lower()


def _is_address(value: object) -> bool:
    return isinstance(value, str) and "@" in value and len(value) <= 320
