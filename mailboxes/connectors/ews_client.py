"""Calls to Exchange Web Services for one mailbox: sign-in, answers, refusals. One call at a time.

Who has a password signs in as the server offers it, over TLS: NTLM first, which shows the server no password, else
Basic. Who has tokens sends one along. There is no autodiscover: the address is the one that was entered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import requests
from exchangelib.util import is_xml
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth

from mailboxes.connectors.config import EwsConfig, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_errors import errors_translated, refusal, refused_by_status
from mailboxes.connectors.ews_operations import Element, Operation, service_account
from mailboxes.connectors.http import GuardedSession, host_of
from mailboxes.connectors.trust import trusted_of

for _name in ("exchangelib", "spnego"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below, they write requests, answers and parts of sign-ins

PATH = "/EWS/Exchange.asmx"
MAX_ANSWER_BYTES = 768 * 1024 * 1024  # a message of 500 MB in base64; what is asked for has tighter bounds of its own
MAX_XML_BYTES = 32 * 1024 * 1024
_LOST = frozenset({Reason.CONNECTION_LOST, Reason.UNREACHABLE})
_HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8", "Accept-Encoding": "gzip, deflate"}


class EwsClient:
    """One mailbox. Every method raises ConnectorError and nothing of exchangelib."""

    def __init__(self, config: EwsConfig) -> None:
        self.config = config
        login = config.login
        self._url = f"https://{login.host}:{login.port}{PATH}"
        self._http = GuardedSession(
            guard=login.guard,
            timeouts=login.timeouts,
            proxy=login.proxy,
            ca_file=login.ca_file,
            authorized_hosts={host_of(self._url)},
            max_bytes=MAX_ANSWER_BYTES,
            on_certificate=login.on_certificate,
            recorder=login.recorder,
            trusted_sha256={host_of(self._url): trusted_of(login)},
        )
        self._account = service_account(
            self._url, user=config.user, impersonates=config.impersonates, post=self._posted
        )
        self._sign_in: AuthBase | None = None
        self._token = ""
        self._has_answered = False

    def close(self) -> None:
        """No connection is open."""
        self._http.close()

    @property
    def suppresses_receipts(self) -> bool:
        """True if the server can be told to send no read receipts; known once it has answered."""
        return self._account.suppresses_receipts

    def ask(
        self, operation: type[Operation], payload: Element, *, max_bytes: int = MAX_XML_BYTES
    ) -> list[Element | ConnectorError]:
        """What the server says of each item or folder that was asked for, in order; an element or why not."""
        is_of_account = not self.config.impersonates
        with errors_translated(is_of_account=is_of_account):
            results = operation(self._account, max_bytes=max_bytes).results(payload)
        return [
            refusal(result, is_of_account=is_of_account) if isinstance(result, Exception) else result
            for result in results
        ]

    def ask_one(self, operation: type[Operation], payload: Element, *, max_bytes: int = MAX_XML_BYTES) -> Element:
        """The one result. Raises its refusal, and PROTOCOL where there is none."""
        for result in self.ask(operation, payload, max_bytes=max_bytes):
            if isinstance(result, ConnectorError):
                raise result
            return result
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an answer without what was asked for")

    def _posted(self, body: bytes, *, headers: Mapping[str, str], max_bytes: int) -> bytes:
        """The answer's bytes if they are SOAP; faults come with status 500. Raises ConnectorError."""
        options: dict[str, Any] = {"data": body, "headers": {**_HEADERS, **headers}, "max_bytes": max_bytes}
        with self._as_lost():
            response = self._with_token(**options) if self.config.login.tokens else self._with_password(**options)
        self._has_answered = True
        if response.status_code == 200 or (response.status_code == 500 and is_xml(response.content)):
            return response.content
        raise refused_by_status(response, has_token=self.config.login.tokens is not None)

    def _with_token(self, *, headers: Mapping[str, str], **options: Any) -> requests.Response:
        tokens = self.config.login.tokens
        assert tokens is not None
        self._token = self._token or tokens.token()
        bearer = {"Authorization": f"Bearer {self._token}"}
        response = self._http.request("POST", self._url, headers={**headers, **bearer}, **options)
        if response.status_code != 401:
            return response
        self._token = tokens.token(refused=self._token)
        bearer = {"Authorization": f"Bearer {self._token}"}
        return self._http.request("POST", self._url, headers={**headers, **bearer}, **options)

    def _with_password(self, **options: Any) -> requests.Response:
        if self._sign_in is None:
            response = self._http.request("POST", self._url, **options)
            if response.status_code != 401:
                return response
            self._sign_in = _sign_in(response, login=self.config.login)
        return self._http.request("POST", self._url, auth=self._sign_in, **options)

    @contextmanager
    def _as_lost(self) -> Iterator[None]:
        """A server that has answered before and is away now: the connection was lost."""
        try:
            yield
        except ConnectorError as error:
            if self._has_answered and error.reason in _LOST:
                raise ConnectorError(Reason.CONNECTION_LOST, permanent=False) from error
            raise


@contextmanager
def connected(config: EwsConfig) -> Iterator[EwsClient]:
    """A client whose connection is closed at the end of the block."""
    client = EwsClient(config)
    try:
        yield client
    finally:
        client.close()


def _sign_in(response: requests.Response, *, login: ServerLogin) -> AuthBase:
    """The best way of signing in that the server offers. Raises LOGIN_DISABLED for none that takes a password."""
    offered = response.headers.get("WWW-Authenticate", "").casefold()
    if "ntlm" in offered or "negotiate" in offered:
        sign_in: AuthBase = HttpNtlmAuth(login.username, login.password)
        return sign_in
    if "basic" in offered:
        return HTTPBasicAuth(login.username.encode(), login.password.encode())
    raise ConnectorError(
        Reason.LOGIN_DISABLED, permanent=True, detail=f"no sign-in with a password; offered: {offered or 'none'}"
    )
