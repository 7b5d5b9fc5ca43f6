"""Which provider gives the tokens of a configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mailboxes.connectors.config import OAuthConfig
from mailboxes.connectors.oauth.generic import GenericProvider, google
from mailboxes.connectors.oauth.microsoft import MicrosoftProvider
from mailboxes.connectors.oauth.provider import Provider

PROVIDERS: Mapping[str, Callable[[OAuthConfig], Provider]] = {  # by the value of models.Provider
    "microsoft": MicrosoftProvider,
    "google": google,
    "other": GenericProvider,
}


def provider_for(config: OAuthConfig) -> Provider:
    """The provider. Raises KeyError for one that is none, ConnectorError for addresses that cannot be."""
    return PROVIDERS[config.provider](config)


class FreshTokens:
    """A TokenSource of an app that is stored nowhere yet: it asks once, and again when a token was refused."""

    def __init__(self, config: OAuthConfig) -> None:
        self._config = config
        self._token = ""

    def token(self, *, refused: str = "") -> str:
        """A token of the app itself. Raises ConnectorError."""
        if not self._token or self._token == refused:
            self._token = provider_for(self._config).app_token().access_token
        return self._token
