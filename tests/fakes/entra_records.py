"""What an Entra knows: apps, tokens, codes, and the numbers of its refusals.

ERRORS, REFRESH: as in entra.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class App:
    """An app registration."""

    client_id: str
    tenant: str
    secrets: dict[str, str] = field(default_factory=dict)  # value: ok or expired
    redirect_uris: list[str] = field(default_factory=list)
    is_multi_tenant: bool = False
    allows_public: bool = True  # "Allow public client flows"
    roles: set[str] = field(default_factory=set)  # application permissions an admin consented to
    needs_admin: bool = False  # people may not consent by themselves
    withheld: set[str] = field(default_factory=set)  # scopes that the grant comes without


@dataclass
class IssuedToken:
    """What a bearer token stands for."""

    tenant: str
    client_id: str
    account: str  # empty: the app itself
    scopes: frozenset[str]  # with their resource
    expires_at: float

    @property
    def resource(self) -> str:
        """The host the token is for."""
        return next((scope.split("/")[2] for scope in self.scopes if scope.startswith("https://")), "")


@dataclass
class Refresh:
    """A refresh token. A used one stays good (REFRESH: the old token is not revoked)."""

    tenant: str
    client_id: str
    account: str
    scopes: tuple[str, ...]
    refusal: int = 0  # an AADSTS number once it is dead


@dataclass
class Device:
    """A device code and what became of it."""

    client_id: str
    scopes: tuple[str, ...]
    tenant: str
    user_code: str
    account: str = ""
    error: str = ""
    number: int = 0
    asked: int = 0


ERRORS: dict[int, tuple[int, str, str]] = {  # status, error, words: ERRORS
    7000215: (401, "invalid_client", "Invalid client secret provided. Ensure the secret being sent is the value."),
    7000222: (401, "invalid_client", "The provided client secret keys are expired."),
    7000218: (401, "invalid_client", "The request body must contain: 'client_assertion' or 'client_secret'."),
    700025: (401, "invalid_client", "Client is public so neither a secret nor an assertion should be presented."),
    700016: (400, "unauthorized_client", "Application was not found in the directory."),
    90002: (400, "invalid_tenant", "Tenant not found. Check to make sure you have the correct tenant ID."),
    65001: (400, "invalid_grant", "The user or administrator has not consented to use the application."),
    65004: (400, "access_denied", "User declined to consent to access the app."),
    90094: (400, "access_denied", "An administrator of the organization has to grant the permission."),
    650052: (400, "invalid_grant", "The app needs access to a service that your organization has not enabled."),
    70011: (400, "invalid_scope", "The provided value for the input parameter 'scope' is not valid."),
    700022: (400, "invalid_scope", "The provided scope contains scopes of several resources."),
    50076: (400, "interaction_required", "You must use multi-factor authentication."),
    53003: (400, "invalid_grant", "Access has been blocked by Conditional Access policies."),
    50057: (400, "invalid_grant", "The user account is disabled."),
    70008: (400, "invalid_grant", "The provided authorization code or refresh token has expired."),
    70000: (400, "invalid_grant", "The provided value for the input parameter 'refresh_token' is not valid."),
    700082: (400, "invalid_grant", "The refresh token has expired due to inactivity."),
    50173: (400, "invalid_grant", "The provided grant has expired due to it being revoked."),
    54005: (400, "invalid_grant", "OAuth2 authorization code was already redeemed."),
    50011: (400, "invalid_request", "The redirect URI does not match the ones configured for the application."),
    50194: (400, "invalid_request", "Application is not configured as a multi-tenant application."),
    501481: (400, "invalid_grant", "The code_verifier does not match the code_challenge."),
    999999: (400, "invalid_grant", "Something nobody has heard of."),
}
