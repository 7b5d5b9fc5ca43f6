"""Any provider that speaks OAuth 2.0, and Google: authorization code with PKCE, refresh token, client credentials."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from mailboxes.connectors.config import OAuthConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import host_of
from mailboxes.connectors.oauth.refusals import refused
from mailboxes.connectors.oauth.session import TokenSession, json_object
from mailboxes.connectors.oauth.signing_in import SignIn, hashed, sign_in
from mailboxes.connectors.oauth.token_set import TokenSet, token_set


@dataclass(frozen=True)
class Endpoints:
    """Where a provider signs in, and where it gives tokens."""

    authorize_url: str
    token_url: str


GOOGLE: dict[str, Endpoints] = {
    # https://developers.google.com/identity/protocols/oauth2/web-server
    "google": Endpoints("https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token")
}
GOOGLE_PARAMETERS = {
    "access_type": "offline",  # else no refresh token comes
    "prompt": "consent select_account",  # else none comes the second time
}


class GenericProvider:
    """Tokens of one app at the addresses it was configured with."""

    def __init__(self, config: OAuthConfig, endpoints: Endpoints | None = None) -> None:
        self._config = config
        self._endpoints = endpoints or Endpoints(config.authorize_url, config.token_url)
        for url in (self._endpoints.authorize_url, self._endpoints.token_url):
            if not host_of(url):
                raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True, detail="this is not an https address")

    def app_token(self) -> TokenSet:
        """A token for the app itself."""
        return token_set(self._ask({"grant_type": "client_credentials", "scope": " ".join(self._config.scopes)}))

    def begin(self, *, redirect_uri: str, login_hint: str = "") -> SignIn:
        """A sign-in at the provider's own address."""
        return sign_in(
            self._endpoints.authorize_url,
            client_id=self._config.client_id,
            scopes=self._config.scopes,
            redirect_uri=redirect_uri,
            extra=self._config.extra_parameters,
            login_hint=login_hint,
        )

    def complete(self, begun: SignIn, answer: Mapping[str, str]) -> TokenSet:
        """The tokens for what came back."""
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the answer is to another sign-in")
        code = answer.get("code", "")
        if answer.get("error") or not code:
            raise refused(answer, redeems_code=True)
        given = self._ask(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": begun.redirect_uri,
                "code_verifier": begun.verifier,
            },
            redeems_code=True,
        )
        return token_set(given, claims=self._claims(given, nonce=begun.nonce))

    def refresh(self, refresh_token: str) -> TokenSet:
        """New tokens; many providers keep the refresh token, some replace it."""
        return token_set(self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token}))

    def _ask(self, form: dict[str, str], *, redeems_code: bool = False) -> dict[str, Any]:
        config, headers = self._config, {"Accept": "application/json"}
        if config.client_auth == "basic" and config.client_secret:
            headers["Authorization"] = basic(config.client_id, config.client_secret)
        else:
            form = {**form, "client_id": config.client_id}
            if config.client_secret:
                form["client_secret"] = config.client_secret
        url = self._endpoints.token_url
        with TokenSession(config, hosts={host_of(url)}) as session:
            answer = json_object(session.post(url, data=form, headers=headers))
        if answer.get("error"):
            secrets = (
                config.client_secret,
                *(form.get(name, "") for name in ("code", "code_verifier", "refresh_token")),
            )
            raise refused(answer, secrets=secrets, redeems_code=redeems_code)
        return answer

    def _claims(self, given: Mapping[str, Any], *, nonce: str) -> Mapping[str, Any]:
        """The id token's claims, if one came and it is for this app and this sign-in.

        It came over TLS straight from the token endpoint, which stands for its signature (OpenID Connect Core 3.1.3.7).
        """
        try:
            payload = str(given["id_token"]).split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (KeyError, IndexError, ValueError):
            return {}
        is_ours = isinstance(claims, dict) and self._config.client_id in _audience(claims.get("aud"))
        return claims if is_ours and claims.get("nonce") in (None, hashed(nonce)) else {}


def google(config: OAuthConfig) -> GenericProvider:
    """Google's endpoints, with the parameters without which it gives no refresh token."""
    parameters = {**GOOGLE_PARAMETERS, **config.extra_parameters}
    return GenericProvider(replace(config, client_auth="post", extra_parameters=parameters), GOOGLE["google"])


def basic(client_id: str, client_secret: str) -> str:
    """The Authorization header of RFC 6749 section 2.3.1: both are encoded as in a form first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


def _audience(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
