"""Microsoft Entra through msal: an app by itself, somebody who signs in, a refresh token, a device code.

msal is given our session and nothing of its cache is used: services/tokens keeps what it answers. It is asked one
thing an object, since it remembers refusals for a minute, and we have growing pauses of our own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import msal

from helpdesk.lib import clock
from mailboxes.connectors.config import OAuthConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.clouds import CLOUDS, CloudHosts
from mailboxes.connectors.oauth.provider import DeviceCode, StillPending
from mailboxes.connectors.oauth.refusals import refused
from mailboxes.connectors.oauth.session import TokenSession
from mailboxes.connectors.oauth.signing_in import SignIn, sign_in
from mailboxes.connectors.oauth.token_set import TokenSet, token_set

logging.getLogger("msal").setLevel(logging.INFO)  # below, it writes codes and verifiers

ANY_ORGANIZATION = "organizations"
ALIASES = frozenset({ANY_ORGANIZATION, "common", "consumers"})
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,98}[A-Za-z0-9])?")
_OF_SIGNING_IN = ("openid", "profile", "email", "offline_access")
_ADDED_BY_MSAL = frozenset({"openid", "profile", "offline_access"})
MAX_DEVICE_LIFE_S = 30 * 60


def is_tenant(text: str) -> bool:
    """True if this can be a directory's id or a domain."""
    return bool(_TENANT.fullmatch(text))


def resources_of(scopes: Iterable[str], *, cloud: CloudHosts) -> list[str]:
    """The services that the scopes are for; a token is for one alone (AADSTS700022). A bare name is one of Graph's."""
    named = [scope.rpartition("/")[0] or f"https://{cloud.graph}" for scope in scopes if scope not in _OF_SIGNING_IN]
    return list(dict.fromkeys(named))


class MicrosoftProvider:
    """Tokens of one app in one cloud and tenant."""

    def __init__(self, config: OAuthConfig) -> None:
        self._config = config
        self._cloud: CloudHosts = CLOUDS[config.cloud]
        self._tenant = config.tenant or ANY_ORGANIZATION
        if not is_tenant(self._tenant):
            raise ConnectorError(Reason.TENANT_UNKNOWN, permanent=True, detail="this is no tenant id or domain")
        if len(resources := resources_of(config.scopes, cloud=self._cloud)) > 1:
            raise ConnectorError(Reason.SCOPES_MIXED, permanent=True, detail=f"one request for {', '.join(resources)}")

    def app_token(self) -> TokenSet:
        """A token for the app itself; the tenant must be a certain one."""
        if self._tenant in ALIASES:
            raise ConnectorError(Reason.APP_SINGLE_TENANT, permanent=True, detail="no tenant is given")
        if not self._config.client_secret:
            raise ConnectorError(Reason.APP_SECRET_MISSING, permanent=True, detail="no client secret is stored")
        answer = self._ask(lambda app: app.acquire_token_for_client(list(self._config.scopes)))
        return token_set(answer)

    def begin(self, *, redirect_uri: str, login_hint: str = "") -> SignIn:
        """A sign-in at the cloud's own address."""
        return sign_in(
            f"https://{self._cloud.login}/{self._tenant}/oauth2/v2.0/authorize",
            client_id=self._config.client_id,
            scopes=self._all_scopes(),
            redirect_uri=redirect_uri,
            extra={"response_mode": "query", "prompt": "select_account", **self._config.extra_parameters},
            login_hint=login_hint,
        )

    def complete(self, begun: SignIn, answer: Mapping[str, str]) -> TokenSet:
        """The tokens for what came back."""
        flow = {
            "state": begun.state,
            "redirect_uri": begun.redirect_uri,
            "scope": list(begun.scopes),
            "code_verifier": begun.verifier,
            "nonce": begun.nonce,
        }
        given = self._ask(
            lambda app: app.acquire_token_by_auth_code_flow(flow, dict(answer)),
            redeems_code=True,
            secrets=(begun.verifier, answer.get("code", "")),
        )
        return token_set(given, claims=self._claims(given))

    def refresh(self, refresh_token: str) -> TokenSet:
        """New tokens; Entra replaces the refresh token at every use and leaves the old one good for a while."""
        scopes = [scope for scope in self._config.scopes if scope not in _ADDED_BY_MSAL]
        given = self._ask(
            lambda app: app.acquire_token_by_refresh_token(refresh_token, scopes), secrets=(refresh_token,)
        )
        return token_set(given, claims=self._claims(given))

    def begin_device(self) -> DeviceCode:
        """A code for microsoft.com/devicelogin, good for a quarter of an hour."""
        flow = self._ask(lambda app: app.initiate_device_flow(self._device_scopes()), public=True)
        code, shown, address = (flow.get(name) for name in ("device_code", "user_code", "verification_uri"))
        if not (isinstance(code, str) and isinstance(shown, str) and str(address).startswith("https://")):
            raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the provider gave no device code")
        life_s = min(float(flow["expires_in"]), MAX_DEVICE_LIFE_S)
        return DeviceCode(
            device_code=code,
            user_code=shown[:40],
            verification_url=str(address)[:200],
            expires_at=clock.in_seconds(life_s),
            interval_s=max(1, int(flow["interval"])),
        )

    def poll_device(self, code: DeviceCode) -> TokenSet:
        """One request; msal's own loop would block until somebody signs in."""
        flow = {"device_code": code.device_code, "interval": 1}
        given = self._ask(
            lambda app: app.acquire_token_by_device_flow(flow, exit_condition=lambda _flow: True),
            public=True,
            redeems_code=True,
            secrets=(code.device_code,),
        )
        return token_set(given, claims=self._claims(given))

    def admin_consent_url(self, *, redirect_uri: str, state: str) -> str:
        """Where an administrator of the tenant allows the app for everybody (not possible at `common`)."""
        parameters = {
            "client_id": self._config.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": " ".join(self._config.scopes),
        }
        tenant = quote(self._tenant, safe="")
        return f"https://{self._cloud.login}/{tenant}/v2.0/adminconsent?{urlencode(parameters)}"

    def _all_scopes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._config.scopes, *_OF_SIGNING_IN)))

    def _device_scopes(self) -> list[str]:
        return [scope for scope in (*self._config.scopes, "email") if scope not in _ADDED_BY_MSAL]

    def _claims(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The id token's claims, which came straight from the token endpoint; those of another app are no claims."""
        claims = given.get("id_token_claims")
        return claims if isinstance(claims, dict) and claims.get("aud") == self._config.client_id else {}

    def _ask(
        self,
        question: Callable[[Any], dict[str, Any]],
        *,
        public: bool = False,
        redeems_code: bool = False,
        secrets: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        hosts = {self._cloud.login, *self._cloud.login_aliases}
        with TokenSession(self._config, hosts=hosts) as session, _errors_translated():
            answer = question(self._app(session, public=public))
        error = answer.get("error")
        if error in ("authorization_pending", "slow_down"):
            raise StillPending(slow_down_s=5 if error == "slow_down" else 0)  # RFC 8628 section 3.5
        if error:
            raise refused(answer, secrets=(*secrets, self._config.client_secret), redeems_code=redeems_code)
        return answer

    def _app(self, session: TokenSession, *, public: bool) -> Any:
        kind = msal.ConfidentialClientApplication
        secret: str | None = self._config.client_secret
        if public or not secret:
            kind, secret = msal.PublicClientApplication, None
        return kind(
            self._config.client_id,
            authority=f"https://{self._cloud.login}/{self._tenant}",
            client_credential=secret,
            instance_discovery=False,  # the clouds are ours to know; see clouds.py
            http_client=session,
            enable_pii_log=False,
        )


@contextmanager
def _errors_translated() -> Iterator[None]:
    """What msal itself finds wrong: with what came back (state, nonce), or with an answer's fields."""
    try:
        yield
    except (ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail=f"msal: {type(error).__name__}") from None
