"""The HTTP session of token requests: what is no answer of a provider never reaches the caller, msal included."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import requests

from mailboxes.connectors.config import OAuthConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import GuardedSession, host_of, retry_after_s
from mailboxes.connectors.oauth.refusals import refused


class TokenSession(GuardedSession):
    """Every answer is a JSON object: tokens, or the provider's own refusal.

    Raises ConnectorError for all else: throttled, in trouble, redirected, not JSON. A provider that is unwell is never
    taken for one that refuses (F61). hosts: there are no others for it; secrets stand in bodies as well as in headers.
    """

    def __init__(self, config: OAuthConfig, *, hosts: Collection[str]) -> None:
        super().__init__(
            guard=config.guard,
            timeouts=config.timeouts,
            proxy=config.proxy,
            ca_file=config.ca_file,
            authorized_hosts=hosts,
            on_certificate=config.on_certificate,
        )
        self._secrets = (config.client_secret,)

    def request(  # type: ignore[override]  # as the guarded session's
        self, method: str, url: str, **kwargs: Any
    ) -> requests.Response:
        """An answer that makes sense as one of a provider."""
        if host_of(url) not in self.authorized_hosts:
            raise ConnectorError(Reason.HOST_NOT_ALLOWED, permanent=True, detail="not a host of this provider")
        response = super().request(method, url, **kwargs)
        wished = retry_after_s(response)
        if response.status_code == 429:
            raise ConnectorError(Reason.THROTTLED, permanent=False, retry_after_s=wished)
        if response.status_code >= 500:
            detail = f"the provider answered {response.status_code}"
            raise ConnectorError(Reason.SERVER_ERROR, permanent=False, retry_after_s=wished, detail=detail)
        answer = json_object(response)
        if "error" in answer and (method.upper() == "GET" or response.status_code == 200):
            raise refused(answer, secrets=self._secrets)
        if response.status_code != 200 and "error" not in answer:
            raise _no_answer(response)
        return response


def json_object(response: requests.Response) -> dict[str, Any]:
    """The JSON object that was answered. Raises ConnectorError (transient) for anything else."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _no_answer(response)
    return answer


def _no_answer(response: requests.Response) -> ConnectorError:
    detail = f"{host_of(response.url or '')} answered {response.status_code}, not as an OAuth provider does"
    return ConnectorError(Reason.PROTOCOL, permanent=False, detail=detail)
