"""The one interface of providers: they give tokens to an app, to somebody who signs in, and for a refresh token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from mailboxes.connectors.oauth.signing_in import SignIn
from mailboxes.connectors.oauth.token_set import TokenSet


@dataclass(frozen=True)
class DeviceCode:
    """What a person types in elsewhere to sign in (RFC 8628)."""

    device_code: str = field(repr=False)
    user_code: str
    verification_url: str
    expires_at: datetime
    interval_s: int  # at least, between two polls


class StillPending(Exception):
    """Nobody has signed in yet; ask again, `slow_down` seconds slower than before."""

    def __init__(self, *, slow_down_s: int = 0) -> None:
        self.slow_down_s = slow_down_s
        super().__init__("pending")


class Provider(Protocol):
    """All raise TokenRefused when the provider says no, and another ConnectorError when it says nothing of use."""

    def app_token(self) -> TokenSet:
        """A token for the app itself (client credentials)."""
        ...

    def begin(self, *, redirect_uri: str, login_hint: str = "") -> SignIn:
        """A sign-in; asks nobody."""
        ...

    def complete(self, begun: SignIn, answer: Mapping[str, str]) -> TokenSet:
        """The tokens for what came back from the sign-in. The state is compared; it works once."""
        ...

    def refresh(self, refresh_token: str) -> TokenSet:
        """New tokens. A new refresh token in them replaces the old one."""
        ...
