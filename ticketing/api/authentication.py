"""Who calls: a token in `Authorization: Bearer …`, and nothing else; what it may do, and how often."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from helpdesk.lib import clock
from ticketing.models import Integration, IntegrationToken, TokenScope
from ticketing.services.integrations.tokens import TokenRefused, speaker


class BearerAuthentication(authentication.BaseAuthentication):  # type: ignore[misc]  # untyped
    """The integration as `request.user`, its token as `request.auth`; cookies are not looked at."""

    def authenticate(self, request: Request) -> tuple[Integration, IntegrationToken]:
        """Raises NotAuthenticated without a token, AuthenticationFailed for one that is not good."""
        kind, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            raise exceptions.NotAuthenticated(_("Send the token of an integration: Authorization: Bearer postroom_…"))
        try:
            token = speaker(secret.strip())
        except TokenRefused as refused:
            raise exceptions.AuthenticationFailed(refused.sentence, code=refused.code) from None
        return token.integration, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        del request
        return 'Bearer realm="Postroom"'


class MayDoThis(permissions.BasePermission):  # type: ignore[misc]  # untyped
    """Any token reads; to write, it must be one that may."""

    @property
    def message(self) -> str:
        """Said with the 403."""
        return str(_("This token may only read. Make one that may write, under Settings, Integrations."))

    def has_permission(self, request: Request, view: Any) -> bool:
        """As the scope of the token says."""
        del view
        token: IntegrationToken = request.auth
        return request.method in permissions.SAFE_METHODS or token.scope == TokenScope.WRITE


class TokenThrottle(throttling.SimpleRateThrottle):  # type: ignore[misc]  # untyped
    """So many calls a minute for each token."""

    scope = "token"

    def get_rate(self) -> str:
        """As the operator says."""
        return f"{settings.API_CALLS_PER_MINUTE}/min"

    def timer(self) -> float:
        """Seconds, by the clock that tests can turn."""
        return clock.now().timestamp()

    def get_cache_key(self, request: Request, view: Any) -> str:
        """A count for each token."""
        del view
        token: IntegrationToken = request.auth
        return f"api-calls:{token.pk}"
